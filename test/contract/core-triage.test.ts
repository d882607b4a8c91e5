import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import type { CallOutput } from '../../shared/contract/calls.ts';
import type { Core } from '../../main/core/create-core.ts';
import { ok } from '../../shared/base/result.ts';
import { profileFolder } from '../../shared/domain/paths.ts';
import type { FactRow } from '../../main/store/lake.ts';
import { putFact } from '../support/facts.ts';
import { openProfile } from '../../main/store/profile.ts';
import { putSignal } from '../../main/store/signals.ts';
import { coreDeps, openCore, scratch, value } from '../support/core.ts';

const table = 'table|m1|main.gold.orders';
const job = 'job|w1|77';
const base = Date.parse('2026-11-24T06:00:00.000Z');
const at = (minutes: number): string => new Date(base + minutes * 60_000).toISOString();
/** A clock that stands an hour after the last fact, so that windows do not depend on the day of the test. */
const clock = { now: () => base + 300 * 60_000 };

const fact = (id: string, minutes: number, asset = table): FactRow => ({
  id, kind: 'run', source: 'system.lakeflow.job_run_timeline', workspace: 'w1', region: null, happened: at(minutes), observed: at(minutes + 5),
  complete_to: at(240), assets: JSON.stringify([asset]), title: `Run ${id} failed`, data: JSON.stringify({ result: 'failed' }),
}); // prettier-ignore
const sg = (n: number): string => `sg_${String(n).padStart(32, '0')}`;

/** A profile whose cache already holds facts and signals, as a detection turn would have left them. */
const seed = (
  home: string,
  facts: readonly FactRow[],
  signals: readonly { n: number; minutes: number; facts: string[] }[],
): void => {
  const deps = coreDeps(home);
  const profile = value(openProfile(profileFolder(deps.machine, 'default'), { clock, log: () => undefined }));
  profile.store.transaction((db) => {
    for (const row of facts) putFact(db, row, JSON.parse(row.assets) as string[]);
    for (const { n, minutes, facts: of } of signals) {
      putSignal(db, {
        id: sg(n), monitor: 'failed-run', asset: job, window_key: `${n}`, title: `job 77 failed (${n})`, why: 'it failed',
        started: at(minutes), observed: at(minutes + 5), complete_to: at(240), facts: JSON.stringify(of), data: '{}',
      }); // prettier-ignore
    }
    return ok(null);
  });
  profile.close();
};
const inboxOf = async (core: Core): Promise<CallOutput<'inbox.list'>> => value(await core.call('inbox.list', {}));

describe('from signals to a room', () => {
  const twoSignals = [
    { n: 1, minutes: 0, facts: ['run|w1|1'] },
    { n: 2, minutes: 30, facts: ['run|w1|2'] },
  ];
  const facts = [fact('run|w1|1', 0, job), fact('run|w1|2', 30, job), fact('run|w1|0', -60, job)];

  it('opens the proposed room with its facts cited and its signals accepted; again it is the same room', async () => {
    const home = scratch();
    seed(home, facts, twoSignals);
    const core = await openCore(home, { clock });
    const [proposal] = (await inboxOf(core)).proposals;
    expect(proposal).toMatchObject({ id: sg(1), room: null });
    expect(proposal?.signals).toHaveLength(2);
    const { log } = value(await core.call('room.open', { from: 'proposal', proposal: sg(1) }));

    const room = value(await core.call('room.get', { log }));
    expect(room.signals).toEqual([sg(1), sg(2)]);
    expect(room.startedAt).toBe(at(0));
    expect(room.commanderName).toBe('Ada');
    expect(room.assets.map(({ id }) => id)).toEqual([job]);
    const { rows, total } = value(await core.call('room.timeline', { log }));
    const shown = rows.filter(({ kind }) => kind === 'fact').map(({ id, ledger }) => [id, ledger]);
    expect(shown).toEqual([['run|w1|2', 'only-here'], ['run|w1|1', 'only-here'], ['run|w1|0', 'cached']]); // prettier-ignore
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    expect(total).toBeGreaterThanOrEqual(rows.length);

    const inbox = await inboxOf(core);
    expect(inbox.proposals[0]).toMatchObject({ room: log });
    expect(inbox.proposals[0]?.signals.map(({ verdict }) => verdict?.value)).toEqual(['accepted', 'accepted']);
    expect(value(await core.call('app.status', {})).inboxCount).toBe(0);
    const entries = value(await core.call('room.get', { log })).entries;
    expect(value(await core.call('room.open', { from: 'proposal', proposal: sg(1) })).log).toBe(log);
    expect(value(await core.call('room.get', { log })).entries).toBe(entries);
  });

  it('two devices that open it while apart name one room', async () => {
    const logs = await Promise.all(
      [scratch(), scratch()].map(async (home) => {
        seed(home, facts, twoSignals);
        const core = await openCore(home, { clock });
        return value(await core.call('room.open', { from: 'proposal', proposal: sg(1) })).log;
      }),
    );
    expect(logs[0]).toBe(logs[1]);
  });

  it('a declined signal leaves the inbox, and comes back when it is reopened', async () => {
    const home = scratch();
    seed(home, facts, twoSignals);
    const core = await openCore(home, { clock });
    value(await core.call('signal.judge', { signals: [sg(1), sg(2)], verdict: 'declined', reason: 'planned' }));
    expect(await inboxOf(core)).toMatchObject({ proposals: [], declined: 2 });
    value(await core.call('signal.judge', { signals: [sg(2)], verdict: 'reopened' }));
    const { proposals } = await inboxOf(core);
    expect(proposals.map(({ id, suppressed }) => [id, suppressed])).toEqual([[sg(2), 1]]);
    expect(await core.call('signal.judge', { signals: ['sg_nope'], verdict: 'declined' })).toMatchObject({
      error: { tag: 'NoSuchEntry' },
    });
    expect(await core.call('room.open', { from: 'proposal', proposal: sg(1) })).toMatchObject({
      error: { tag: 'NoSuchProposal' },
    });
  });

  it('pins a cached fact once, keeps its id, and a decision cites what it stands on', async () => {
    const home = scratch();
    seed(home, facts, twoSignals);
    const core = await openCore(home, { clock });
    const { log } = value(await core.call('room.open', { from: 'proposal', proposal: sg(1) }));
    expect(value(await core.call('room.entry', { log, id: 'run|w1|0' }))?.ledger).toBe('cached');
    expect(value(await core.call('fact.pin', { log, fact: 'run|w1|0' })).hashes).toHaveLength(1);
    expect(value(await core.call('fact.pin', { log, fact: 'run|w1|0' })).hashes).toHaveLength(0);
    expect(value(await core.call('room.entry', { log, id: 'run|w1|0' }))).toMatchObject({
      ledger: 'only-here',
      witnesses: 1,
    });
    expect(await core.call('fact.pin', { log, fact: 'run|w1|404' })).toMatchObject({ error: { tag: 'NoSuchEntry' } });
    const decided = value(
      await core.call('decision.record', {
        log,
        title: 'Stop',
        options: ['stop'],
        choice: 'stop',
        reason: 'r',
        evidence: ['run|w1|1'],
      }),
    );
    expect(decided.hashes).toHaveLength(1);
  });
});

describe('the timeline over log and cache', () => {
  it('pages of any size show every row once, newest first, whatever is cited', { timeout: 120_000 }, async () => {
    const home = scratch();
    const facts = Array.from({ length: 60 }, (_, n) => fact(`run|w1|${n}`, Math.floor(n / 3) * 7, job));
    seed(home, facts, [{ n: 1, minutes: 0, facts: ['run|w1|0'] }]);
    const core = await openCore(home, { clock });
    const { log } = value(await core.call('room.open', { from: 'proposal', proposal: sg(1) }));
    for (const n of [3, 4, 5, 31, 59]) value(await core.call('fact.pin', { log, fact: `run|w1|${n}` }));
    for (let n = 0; n < 25; n += 1)
      value(await core.call('note.add', { log, text: `note ${n}`, happenedAt: at(n * 6) }));
    const all = value(await core.call('room.timeline', { log, limit: 500 }));
    expect(all.next).toBeNull();
    expect(all.rows.filter(({ kind }) => kind === 'fact')).toHaveLength(60);

    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        fc.constantFrom('', 'note 1', 'failed', 'nothing'),
        async (limit, machine, search) => {
          const whole = value(await core.call('room.timeline', { log, limit: 500, machine, search }));
          const rows: string[] = [];
          let before: string | null = null;
          for (let pages = 0; pages < 200; pages += 1) {
            const page: CallOutput<'room.timeline'> = value(
              await core.call('room.timeline', { log, limit, machine, search, before }),
            );
            expect(page.rows.length).toBeLessThanOrEqual(limit);
            rows.push(...page.rows.map(({ id }) => id));
            before = page.next;
            if (before === null) break;
          }
          expect(before).toBeNull();
          expect(rows).toEqual(whole.rows.map(({ id }) => id));
        },
      ),
      { numRuns: 25 },
    );
    const times = all.rows.map(({ happenedAt }) => happenedAt);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('a cursor that is none starts at the newest entry', async () => {
    const core = await openCore(scratch());
    const { log } = value(await core.call('room.open', { from: 'hand', title: 'x', class: 'cost', severity: 'SEV5' }));
    const fresh = value(await core.call('room.timeline', { log }));
    for (const before of ['', 'nonsense', Buffer.from('{"log":7}').toString('base64url')]) {
      expect(value(await core.call('room.timeline', { log, before })).rows).toEqual(fresh.rows);
    }
  });
});
