// A rule about a region: nothing of it lies on the device, the screen says why and by whom, and lifting it brings all back.
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { openDriver } from '../../main/store/sqlite.ts';
import { failure } from '../../shared/base/failure.ts';
import { ok } from '../../shared/base/result.ts';
import { openCore, scratch, value } from '../support/core.ts';
import { rowsIn } from '../support/profile-db.ts';
import { databricksDeps, practiceConnection, practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { type Practice, startPractice } from '../support/practice.ts';

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 1 });
});
afterAll(() => practice.close());

const onPractice = (home: string): Promise<Core> =>
  openCore(home, {
    background: true,
    random: (length) => randomBytes(length),
    practice: () =>
      Promise.resolve(
        ok({ connection: practiceConnection(practice), seed: 1, control: () => Promise.resolve(ok({})) }),
      ),
    openWorkspace: (connection) => openWorkspace(connection, databricksDeps()),
  });
const counts = (home: string): Readonly<Record<string, unknown>> =>
  rowsIn(home, 'SELECT (SELECT count(*) FROM lake_fact) AS facts, (SELECT count(*) FROM lake_edge) AS edges, (SELECT count(*) FROM lake_asset) AS assets, (SELECT count(*) FROM signal) AS signals')[0] ?? {}; // prettier-ignore
const nothing = { facts: 0, edges: 0, assets: 0, signals: 0 };
/** A profile whose cache holds facts and signals of practice, with nobody at work in it. */
const filledHome = async (): Promise<string> => {
  const home = scratch();
  const core = await onPractice(home);
  await expect.poll(() => Number(counts(home)['signals']), slow).toBeGreaterThan(0);
  await core.close();
  return home;
};
const change = (home: string, text: string): void => {
  const driver = openDriver(join(home, 'profiles', 'default', 'breakwater.db'), { mustExist: true });
  driver.exec(text);
  driver.close();
};
const region = 'practice:local';
const slow = { timeout: 60_000, interval: 200 };

describe('a forbidden region', () => {
  it('leaves nothing on the device, says so with reason and author, and comes back when the rule is lifted', async () => {
    const home = scratch();
    const core = await onPractice(home);
    await expect.poll(() => Number(counts(home)['facts']), slow).toBeGreaterThan(0);
    expect(value(await core.call('residency.list', {})).rows).toMatchObject([
      { region, allowed: null, workspaces: ['Practice lakehouse'] },
    ]);
    value(await core.call('residency.set', { region: 'Practice:Local', allowed: false, reason: 'contract 7' }));
    await expect.poll(() => counts(home), slow).toEqual(nothing);
    await expect.poll(async () => value(await core.call('app.status', {})).workspace.state, slow).toBe('denied');
    const { workspace, freshness } = value(await core.call('app.status', {}));
    expect(workspace.failure?.what).toBe(`Facts of the region ${region} may not be stored on this device: contract 7. Ada set this rule.`); // prettier-ignore
    expect(new Set(freshness.filter((one) => one.observedAt === null).map(({ state }) => state))).toContain('denied');
    expect(freshness.every(({ state }) => state === 'denied' || state === 'never')).toBe(true);
    expect(value(await core.call('residency.list', {})).rows).toMatchObject([
      { region, allowed: false, contested: false, reason: 'contract 7', by: { name: 'Ada' } },
    ]);

    value(await core.call('residency.set', { region, allowed: true }));
    await expect.poll(() => Number(counts(home)['facts']), slow).toBeGreaterThan(0);
    await expect.poll(async () => value(await core.call('app.status', {})).workspace.state, slow).toBe('online');
  }, 180_000);

  it('goes in the commit that brings the rule, with no workspace in reach, and what a room cites stays', async () => {
    const home = await filledHome();
    const core = await openCore(home);
    const [proposal] = value(await core.call('inbox.list', {})).proposals;
    if (proposal === undefined) throw new Error('nothing is proposed');
    const opened = await core.call('room.open', { from: 'proposal', proposal: proposal.id });
    const { log } = value(opened);
    const before = value(await core.call('room.get', { log }));
    const cited = async () =>
      value(await core.call('room.timeline', { log })).rows.filter(({ ledger }) => ledger !== 'cached').map(({ id, title }) => [id, title]); // prettier-ignore
    const evidence = await cited();
    expect(evidence.length).toBeGreaterThan(0);

    value(await core.call('residency.set', { region, allowed: false, reason: 'contract 7' }));
    expect(counts(home)).toEqual(nothing);
    expect(value(await core.call('inbox.list', {})).proposals).toEqual([]);
    const { freshness } = value(await core.call('app.status', {}));
    expect(freshness.some(({ state }) => state === 'denied')).toBe(true);
    expect(freshness.every(({ state, observedAt }) => (state === 'denied' || state === 'never') && observedAt === null)).toBe(true); // prettier-ignore
    expect(value(await core.call('room.get', { log })).title).toEqual(before.title);
    expect(await cited()).toEqual(evidence);
  }, 180_000);

  it('goes at the start as well, where the rule came before and the facts are still here', async () => {
    const home = await filledHome();
    const held = counts(home);
    const kept = join(home, 'kept.db');
    change(home, `VACUUM INTO '${kept}'`);
    const first = await openCore(home);
    value(await first.call('residency.set', { region, allowed: false }));
    await first.close();
    // As a version that forgot only while it read, or the end of the program, left it.
    change(
      home,
      `ATTACH '${kept}' AS kept; DELETE FROM setting WHERE key = 'residency.withheld';
       INSERT INTO lake_fact SELECT * FROM kept.lake_fact; INSERT INTO lake_edge SELECT * FROM kept.lake_edge;
       INSERT INTO lake_asset SELECT * FROM kept.lake_asset; INSERT INTO signal SELECT * FROM kept.signal; DETACH kept;`,
    );
    expect(counts(home)).toEqual(held);
    await openCore(home);
    expect(counts(home)).toEqual(nothing);
  }, 180_000);

  it('another region does not touch this one; what is no region is refused', async () => {
    const home = scratch();
    const core = await onPractice(home);
    value(await core.call('residency.set', { region: 'azure:westeurope', allowed: false }));
    await expect.poll(() => Number(counts(home)['facts']), slow).toBeGreaterThan(0);
    expect(await core.call('residency.set', { region: 'Frankfurt', allowed: false })).toMatchObject({
      ok: false,
      error: { tag: 'NoRegion' },
    });
  }, 90_000);

  it('is refused to a pack before a single statement is sent', async () => {
    const workspace = practiceWorkspace(practice);
    const { store, close } = temporaryStore();
    const asked: string[] = [];
    const packing = createPacking({
      workspaces: () => [
        {
          ...workspace,
          warehouse: {
            ...workspace.warehouse,
            query: (statement, options) => {
              asked.push(statement.name);
              return workspace.warehouse.query(statement, options);
            },
          },
        },
      ],
      refuses: (of) => (of === region ? failure('Forbidden' as const, 'Not in this region.', 's', 'Ask.') : null),
      store,
      clock: { now: () => Date.now() },
      log: () => undefined,
      breathe: () => Promise.resolve(),
      assetsOf: () => [],
      limits: () => ({ rows: 1000, bytes: 1e6 }),
      changed: () => undefined,
    });
    const from = new Date(Date.now() - 86_400_000).toISOString();
    value(packing.start({ room: 'inc:1', hops: 2, from, to: null }));
    await packing.settled();
    const pack = packing.pack(store.read, 'inc:1');
    expect(pack?.state).toBe('done');
    expect(pack?.sources.length).toBeGreaterThan(5);
    for (const source of pack?.sources ?? [])
      expect(source).toMatchObject({
        state: 'withheld',
        rows: 0,
        bytes: 0,
        note: expect.stringContaining('Not in this region'),
      });
    expect(asked).toEqual([]);
    await packing.stop();
    await workspace.close();
    close();
  }, 60_000);
});
