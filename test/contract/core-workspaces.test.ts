// Two workspaces of two metastores in one profile, each a practice lakehouse with its own clock, rights and failures.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { scratch, value } from '../support/core.ts';
import { rowsIn } from '../support/profile-db.ts';
import { coreOverTwo, further, twoLakehouses } from '../support/two-workspaces.ts';

const { both } = twoLakehouses();
const states = async (core: Core): Promise<readonly string[]> =>
  value(await core.call('connection.list', {})).rows.map(({ state }) => state);
const slow = { timeout: 90_000, interval: 200 };

describe('two workspaces', () => {
  it('are both read, each under its own id and region, and one that is lost stops no other', async () => {
    const home = scratch();
    const core = await coreOverTwo(home, both());
    value(await core.call('connection.save', { ...further, name: 'Pricing, far away' }));
    await expect.poll(() => states(core), slow).toEqual(['online', 'online']);
    const { rows } = value(await core.call('connection.list', {}));
    expect(rows.map(({ name, primary, kind }) => [name, primary, kind])).toEqual([
      ['Practice lakehouse', true, 'practice'],
      ['Pricing, far away', false, 'workspace'],
    ]);
    const ids = both().map((one) => one.server.world.workspaceId);
    await expect.poll(async () => value(await core.call('connection.list', {})).rows.map((one) => one.workspaceId), slow).toEqual(ids); // prettier-ignore
    const read = () =>
      rowsIn(home, 'SELECT workspace, region, count(*) AS n FROM lake_fact GROUP BY 1, 2').map(
        (row) => row['workspace'],
      );
    await expect.poll(read, slow).toEqual(expect.arrayContaining(ids));
    expect(new Set(rowsIn(home, 'SELECT region FROM lake_fact').map((row) => row['region']))).toEqual(
      new Set(['practice:local']),
    );
    const { freshness, workspaces } = value(await core.call('app.status', {}));
    expect(workspaces).toHaveLength(2);
    expect(new Set(freshness.filter(({ state }) => state === 'fresh').map(({ workspace }) => workspace))).toEqual(
      new Set(['Practice lakehouse', 'Pricing, far away']),
    );

    await both()[1].control({ disconnected: true });
    value(await core.call('lake.refresh', {}));
    await expect.poll(() => states(core), slow).toEqual(['online', 'offline']);
    value(await core.call('lake.refresh', {}));
    await expect.poll(() => states(core), slow).toEqual(['online', 'offline']);
    await both()[1].control({ disconnected: false });
    value(await core.call('lake.refresh', {}));
    await expect.poll(() => states(core), slow).toEqual(['online', 'online']);
  }, 240_000);

  it('keep what signs in in a private file each; what was read stays when one is removed, and its name too', async () => {
    const home = scratch();
    const core = await coreOverTwo(home, both());
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

    const far = both()[1].server.world.workspaceId;
    const facts = () => rowsIn(home, `SELECT count(*) AS n FROM lake_fact WHERE workspace = '${far}'`)[0]?.['n'];
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
    const first = await coreOverTwo(home, both(), { background: false });
    value(await first.call('connection.save', { ...further, name: 'Pricing' }));
    await first.close();
    const again = await coreOverTwo(home, both());
    await expect.poll(() => states(again), slow).toEqual(['online', 'online']);
  }, 120_000);
});
