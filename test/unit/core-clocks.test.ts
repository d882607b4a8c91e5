import { describe, expect, it } from 'vitest';
import { type ClockFacts, roomClocks } from '../../shared/domain/clocks.ts';
import { severities } from '../../shared/domain/vocabulary.ts';

const facts = (changes: Partial<ClockFacts> = {}): ClockFacts => ({
  now: '2026-11-24T12:00:00.000Z',
  severity: 'SEV2',
  phase: { value: 'triage', at: '2026-11-24T11:30:00.000Z' },
  harm: { value: 'open', by: null, at: null },
  startedAt: '2026-11-24T10:00:00.000Z',
  detectedAt: '2026-11-24T11:00:00.000Z',
  openedAt: '2026-11-24T11:30:00.000Z',
  updateDue: null,
  summaryAt: null,
  ...changes,
});
const clock = (id: string, changes: Partial<ClockFacts> = {}) => {
  const found = roomClocks(facts(changes)).find((c) => c.id === id);
  if (found === undefined) throw new Error(`no clock ${id}`);
  return found;
};

describe('clocks of a room', () => {
  it('put harm first and give each clock one id', () => {
    const ids = roomClocks(facts()).map((c) => c.id);
    expect(ids[0]).toBe('harm');
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('count updates from the severity when nobody scheduled one', () => {
    const due = severities.map((severity) => clock('update', { severity }).endsAt);
    expect(due).toEqual([
      '2026-11-24T12:00:00.000Z',
      '2026-11-24T12:30:00.000Z',
      '2026-11-24T15:30:00.000Z',
      null,
      null,
    ]);
    expect(clock('update', { severity: 'SEV4' }).stopped).toContain('SEV4 has no rhythm');
    expect(clock('update').rule).toBe('SEV2: 60 min after the room was opened');
  });

  it('count from the last summary, and keep a scheduled update until it was given', () => {
    expect(clock('update', { summaryAt: '2026-11-24T11:50:00.000Z' }).endsAt).toBe('2026-11-24T12:50:00.000Z');
    const updateDue = '2026-11-24T12:05:00.000Z';
    expect(clock('update', { updateDue })).toMatchObject({ endsAt: updateDue, rule: 'as scheduled', tone: 'warn' });
    expect(clock('update', { updateDue, summaryAt: '2026-11-24T12:06:00.000Z' }).endsAt).toBe(
      '2026-11-24T13:06:00.000Z',
    );
  });

  it('say overdue in tone, and nothing is due in learning', () => {
    expect(clock('update', { now: '2026-11-24T13:00:00.000Z' }).tone).toBe('bad');
    expect(clock('update', { phase: { value: 'learning', at: '2026-11-24T11:59:00.000Z' } }).stopped).toContain(
      'learning',
    );
  });

  it('say why a clock does not run, and never show an open question as quiet', () => {
    expect(clock('rto').stopped).toBe('no workload linked: RTO unknown');
    expect(clock('legal')).toMatchObject({
      stopped: 'personal data not ruled out: nobody has said',
      tone: 'warn',
      value: 'open',
    });
    for (const c of roomClocks(facts())) {
      const runs = c.value !== null || c.startsAt !== null || c.endsAt !== null;
      expect(runs || c.stopped !== null, c.id).toBe(true);
      expect(c.rule.length, c.id).toBeGreaterThan(0);
    }
  });

  it('measure detection and acknowledgement from the start', () => {
    expect(clock('detect')).toMatchObject({ startsAt: facts().startedAt, endsAt: facts().detectedAt });
    expect(clock('acknowledge', { startedAt: null }).stopped).toBe('when it started is unknown');
    expect(clock('elapsed', { startedAt: null }).rule).toContain('when it started is unknown');
  });

  it('name who said that harm is contained', () => {
    expect(clock('harm').rule).toBe('nobody has said that it is contained');
    expect(clock('harm', { harm: { value: 'contained', by: 'Ada', at: facts().now } })).toMatchObject({
      value: 'contained', tone: 'ok', rule: 'said by Ada',
    }); // prettier-ignore
  });
});
