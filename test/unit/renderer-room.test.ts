import { describe, expect, it } from 'vitest';
import { createTimes } from '../../renderer/kit/times.ts';
import { clockFace } from '../../renderer/views/room/clock-words.ts';
import { nextAct } from '../../renderer/views/room/next-act.ts';
import { nowRows, sortTasks } from '../../renderer/views/room/now-rows.ts';
import { fold, phaseOf, withHeadings } from '../../renderer/views/room/timeline-items.ts';
import { ago, sampleEntries, sampleNow, sampleRoom } from '../support/renderer-sample.ts';

const times = createTimes('Europe/Berlin');
const clock = (id: string) => sampleRoom.clocks.find((one) => one.id === id) ?? sampleRoom.clocks[0]!;

describe('clock faces', () => {
  it('count by themselves and turn when late', () => {
    const update = clock('update');
    expect(clockFace(update, sampleNow, times)).toMatchObject({ value: '06:12', tone: 'warn' });
    expect(clockFace(update, sampleNow + 10 * 60_000, times)).toMatchObject({
      value: 'late 3 min',
      tone: 'bad',
      used: 1,
    });
    expect(clockFace({ ...update, tone: 'plain' }, sampleNow - 60 * 60_000, times)).toMatchObject({
      value: '1 h 06',
      tone: 'plain',
    });
  });

  it('one that does not run says why, an open question is not quiet', () => {
    expect(clockFace(clock('rto'), sampleNow, times)).toMatchObject({
      value: 'not running',
      caption: 'no workload linked: RTO unknown',
      runs: false,
    });
    expect(clockFace(clock('legal'), sampleNow, times)).toMatchObject({ value: 'open', tone: 'warn', runs: true });
    expect(clockFace(clock('elapsed'), sampleNow, times).value).toBe('2 h 41');
    expect(clockFace(clock('detect'), sampleNow, times).value).toBe('1 h 19');
    expect(clockFace(clock('restorable'), sampleNow, times).value).toBe('1 Dec 14:30');
  });
});

describe('the next act', () => {
  it('command first, then the update in time, then the phase, at the end the pack', () => {
    const calm = { ...sampleRoom, clocks: [] };
    expect(nextAct({ ...sampleRoom, commander: { ...sampleRoom.commander, value: null } }, sampleNow)).toEqual({
      kind: 'take-command',
    });
    expect(nextAct(sampleRoom, sampleNow)).toEqual({ kind: 'write-update' });
    expect(nextAct(calm, sampleNow)).toEqual({ kind: 'move', to: 'remediation' });
    expect(nextAct({ ...calm, phase: { ...calm.phase, value: 'learning' } }, sampleNow)).toEqual({ kind: 'export' });
  });
});

describe('lines of the timeline', () => {
  it('three quiet machine entries in a row fold, the chosen one and loud ones stay', () => {
    const items = fold(sampleEntries, new Set(), () => false);
    const folds = items.filter((item) => item.kind === 'fold');
    expect(folds).toHaveLength(1);
    expect(
      items.filter((item) => item.kind === 'entry').some((item) => item.kind === 'entry' && item.entry.tone === 'bad'),
    ).toBe(true);
    const lines = items.reduce((sum, item) => sum + (item.kind === 'fold' ? item.rows.length : 1), 0);
    expect(lines).toBe(sampleEntries.length);
    expect(fold(sampleEntries, new Set(folds.map((one) => one.key)), () => false)).toHaveLength(sampleEntries.length);
    expect(fold(sampleEntries, new Set(), (entry) => entry.factKind === 'run')).toHaveLength(sampleEntries.length);
    // What was opened stays open when newer facts arrive above its first entry.
    const later = folds.flatMap(({ rows }) => rows.slice(0, 1).map((entry) => ({ ...entry, id: 'newer' })));
    const opened = new Set(folds.map((one) => one.key));
    const first = sampleEntries.findIndex((entry) => opened.has(`fold ${entry.id}`));
    const grown = [...sampleEntries.slice(0, first), ...later, ...sampleEntries.slice(first)];
    expect(fold(grown, opened, () => false)).toHaveLength(grown.length);
  });

  it('a phase is named by the entry that moved to it', () => {
    expect(phaseOf({ title: 'Moved to root cause' })).toBe('root-cause');
    expect(phaseOf({ title: 'Phase: root-cause' })).toBe('root-cause');
    expect(phaseOf({ title: 'Moved from triage to remediation' })).toBe('remediation');
    expect(phaseOf({ title: 'Something else' })).toBeNull();
  });

  it('headings stand above their phase, newest first, and what came before the room is named', () => {
    const titles = withHeadings(fold(sampleEntries, new Set(), () => false)).flatMap((item) =>
      item.kind === 'heading' ? [item.title] : [],
    );
    expect(titles).toEqual(['Root cause', 'Triage', 'Room opened', 'Before the room']);
    expect(withHeadings([])).toEqual([]);
  });
});

describe('Now', () => {
  it('late tasks first, then due, then without time, done last', () => {
    expect(sortTasks(sampleRoom.tasks, sampleNow).map((task) => task.text)).toEqual([
      'Confirm rename with POS team',
      'Executive update',
      'Prepare RESTORE plan to v812',
      'Compare v812 with v813',
    ]);
  });

  it('what waits is derived: a value set twice, an update that is due', () => {
    const waiting = (room: typeof sampleRoom) =>
      nowRows(room, sampleNow).flatMap((row) => (row.kind === 'waiting' ? [row.act] : []));
    expect(waiting(sampleRoom)).toEqual(['conflict', 'summary']);
    const settled = {
      ...sampleRoom,
      severity: { ...sampleRoom.severity, conflict: [] },
      clocks: [],
      commander: { ...sampleRoom.commander, value: null },
    };
    expect(waiting(settled)).toEqual(['command']);
  });

  it('decisions that ended are not in force', () => {
    const ended = {
      ...sampleRoom,
      decisions: sampleRoom.decisions.map((one) => ({ ...one, expired: true, expiresAt: ago(5) })),
    };
    const at = (title: string) =>
      nowRows(ended, sampleNow).findIndex((row) => row.kind === 'heading' && row.title === title);
    expect(at('No longer in force')).toBeGreaterThan(at('In force'));
    expect(nowRows(ended, sampleNow)[at('In force') + 1]?.kind).toBe('empty');
  });
});
