// Two workspaces of two metastores in one profile, each a practice lakehouse with its own clock, rights and failures.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core, CoreDeps } from '../../main/core/create-core.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { openDriver } from '../../main/store/sqlite.ts';
import { ok } from '../../shared/base/result.ts';
import { openCore, scratch, value } from '../support/core.ts';
import { databricksDeps, practiceConnection } from '../support/lakehouse.ts';
import { type Practice, startPractice } from '../support/practice.ts';

let here: Practice;
let there: Practice;
beforeAll(async () => {
  [here, there] = await Promise.all([startPractice({ seed: 1 }), startPractice({ seed: 2, fault: 'two' })]);
});
afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
});

const farHost = 'dbc-far.cloud.databricks.com';
const further = { host: farHost, httpPath: '/sql/1.0/warehouses/far', token: 'dapiCANARYfar', acceptUnencrypted: true };

/** A core whose primary workspace is `here`; the host of `further` leads to `there`. */
const twoWorkspaces = (home: string, change: Partial<CoreDeps> = {}): Promise<Core> =>
  openCore(home, {
    background: true,
    random: (length) => randomBytes(length),
    practice: () =>
      Promise.resolve(ok({ connection: practiceConnection(here), seed: 1, control: () => Promise.resolve(ok({})) })),
    openWorkspace: (connection) =>
      openWorkspace(connection.host === farHost ? practiceConnection(there) : connection, databricksDeps()),
    ...change,
  });
const rowsOf = (home: string, text: string): readonly Record<string, unknown>[] => {
  const driver = openDriver(join(home, 'profiles', 'default', 'breakwater.db'), { mustExist: true });
  try {
    return driver.prepare(text).all([]) as readonly Record<string, unknown>[];
  } finally {
    driver.close();
  }
};
const states = async (core: Core): Promise<readonly string[]> =>
  value(await core.call('connection.list', {})).rows.map(({ state }) => state);
const slow = { timeout: 90_000, interval: 200 };

describe('two workspaces', () => {
  it('are both read, each under its own id and region, and one that is lost stops no other', async () => {
    const home = scratch();
    const core = await twoWorkspaces(home);
    value(await core.call('connection.save', { ...further, name: 'Pricing, far away' }));
    await expect.poll(() => states(core), slow).toEqual(['online', 'online']);
    const { rows } = value(await core.call('connection.list', {}));
    expect(rows.map(({ name, primary, kind }) => [name, primary, kind])).toEqual([
      ['Practice lakehouse', true, 'practice'],
      ['Pricing, far away', false, 'workspace'],
    ]);
    const ids = [here, there].map((one) => one.server.world.workspaceId);
    await expect.poll(async () => value(await core.call('connection.list', {})).rows.map((one) => one.workspaceId), slow).toEqual(ids); // prettier-ignore
    const read = () =>
      rowsOf(home, 'SELECT workspace, region, count(*) AS n FROM lake_fact GROUP BY 1, 2').map(
        (row) => row['workspace'],
      );
    await expect.poll(read, slow).toEqual(expect.arrayContaining(ids));
    expect(new Set(rowsOf(home, 'SELECT region FROM lake_fact').map((row) => row['region']))).toEqual(
      new Set(['practice:local']),
    );
    const { freshness, workspaces } = value(await core.call('app.status', {}));
    expect(workspaces).toHaveLength(2);
    expect(new Set(freshness.filter(({ state }) => state === 'fresh').map(({ workspace }) => workspace))).toEqual(
      new Set(['Practice lakehouse', 'Pricing, far away']),
    );

    await there.control({ disconnected: true });
    value(await core.call('lake.refresh', {}));
    await expect.poll(() => states(core), slow).toEqual(['online', 'offline']);
    value(await core.call('lake.refresh', {}));
    await expect.poll(() => states(core), slow).toEqual(['online', 'offline']);
    await there.control({ disconnected: false });
    value(await core.call('lake.refresh', {}));
    await expect.poll(() => states(core), slow).toEqual(['online', 'online']);
  }, 240_000);

  it('keep what signs in in a private file each; what was read stays when one is removed, and its name too', async () => {
    const home = scratch();
    const core = await twoWorkspaces(home);
    value(await core.call('connection.save', { ...further, name: 'Pricing, far away' }));
    // The same host again is the same workspace.
    value(await core.call('connection.save', { ...further, name: 'Pricing' }));
    await expect.poll(() => states(core), slow).toEqual(['online', 'online']);
    const folder = join(home, 'profiles', 'default');
    const secrets = readdirSync(join(folder, 'secrets'));
    expect(secrets).toEqual([expect.stringMatching(/^w[0-9a-f]{8}/)]);
    expect(statSync(join(folder, 'secrets', secrets[0] ?? '')).mode & 0o777).toBe(0o600);
    for (const file of readdirSync(folder).filter((name) => name !== 'secrets' && name !== 'blobs'))
      expect(readFileSync(join(folder, file)).includes('CANARY'), file).toBe(false);

    const far = there.server.world.workspaceId;
    const facts = () => rowsOf(home, `SELECT count(*) AS n FROM lake_fact WHERE workspace = '${far}'`)[0]?.['n'];
    await expect.poll(facts, slow).toBeGreaterThan(0);
    const { rows } = value(await core.call('connection.list', {}));
    value(await core.call('connection.remove', { id: rows[1]?.id ?? '' }));
    expect(await states(core)).toHaveLength(1);
    expect(readdirSync(join(folder, 'secrets'))).toEqual([]);
    expect(facts()).toBeGreaterThan(0);
    const { freshness } = value(await core.call('app.status', {}));
    expect(freshness.map(({ workspace }) => workspace)).toContain('Pricing');
    expect(await core.call('connection.remove', { id: rows[1]?.id ?? '' })).toMatchObject({ ok: false });
  }, 240_000);

  it('come back after a restart', async () => {
    const home = scratch();
    const first = await twoWorkspaces(home, { background: false });
    value(await first.call('connection.save', { ...further, name: 'Pricing' }));
    await first.close();
    const again = await twoWorkspaces(home);
    await expect.poll(() => states(again), slow).toEqual(['online', 'online']);
  }, 120_000);
});
