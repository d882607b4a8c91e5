// One room over two workspaces of two regions, opened by hand from names: facts, map and packing of both halves, each under its
// own workspace and region; and a rule against one region that takes that half alone.
import { expect, it } from 'vitest';
import { mapOk } from '../../shared/base/result.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { scratch, value } from '../support/core.ts';
import { rowsIn } from '../support/profile-db.ts';
import { coreOverTwo, further, twoLakehouses } from '../support/two-workspaces.ts';

const { both } = twoLakehouses();
const [near, far] = ['aws:eu-central-1', 'aws:eu-west-1'];
const slow = { timeout: 120_000, interval: 300 };

it('a room opened by hand spans two workspaces of two regions, and a rule takes one half of it', async () => {
  const home = scratch();
  const rows = (text: string) => rowsIn(home, text);
  // Practice is everywhere `practice:local`: the regions are told apart here.
  const core = await coreOverTwo(home, both(), {}, (workspace, isFar) => ({
    ...workspace,
    identity: async (options) =>
      mapOk(await workspace.identity(options), (is) => ({ ...is, region: isFar ? far : near })),
  }));
  const name = 'Pricing, far away';
  value(await core.call('connection.save', { ...further, name }));

  const worlds = both().map((one) => one.server.world);
  const watchedTable = (metastore: string): string | undefined =>
    rows(`SELECT k.asset FROM lake_key k JOIN lake_fact_asset f ON f.asset = k.key WHERE k.asset LIKE 'table|${metastore}|%' GROUP BY k.asset ORDER BY count(*) DESC, k.asset LIMIT 1`)
      .map((row) => String(row['asset']))[0]; // prettier-ignore
  await expect.poll(() => worlds.map(({ metastoreId }) => watchedTable(metastoreId)), slow).toEqual([expect.any(String), expect.any(String)]); // prettier-ignore
  const assets = worlds.map(({ metastoreId }) => watchedTable(metastoreId) ?? '');
  const names = assets.map((asset) => assetParts(asset as AssetId).native);

  // By name alone each is found where it is known; the watch list says where, and hands it on as it is.
  const { log } = value(await core.call('room.open', { from: 'hand', title: 'Two regions', class: 'data-quality', severity: 'SEV2', affected: names })); // prettier-ignore
  const room = value(await core.call('room.get', { log }));
  expect(room.assets.map(({ id }) => id).toSorted()).toEqual(assets.toSorted());
  const found = value(await core.call('watch.find', { text: names[1] ?? '' })).rows.find(
    ({ asset }) => asset === assets[1],
  );
  expect(found).toMatchObject({ workspace: name, seen: true });
  value(await core.call('watch.add', { kind: 'table', name: found?.name ?? '', asset: assets[1] ?? '' }));
  const [watched] = value(await core.call('watch.list', {})).rows;
  expect(watched).toMatchObject({ asset: assets[1], line: `table ${names[1]} in ${name}` });
  const second = value(await core.call('room.open', { from: 'hand', title: 'The far half', class: 'data-quality', severity: 'SEV3', affected: [watched?.line ?? ''] })); // prettier-ignore
  expect(value(await core.call('room.get', { log: second.log })).assets.map(({ id }) => id)).toEqual([assets[1]]);

  // Packing brings both, each source of each workspace.
  const card = async () => value(await core.call('offline.get', { log }));
  await expect.poll(async () => (await card()).pack?.finishedAt ?? null, slow).not.toBeNull();
  await expect.poll(async () => (await card()).pack?.running, slow).toBe(false);
  const ids = worlds.map(({ workspaceId }) => workspaceId);
  const packed = async () => {
    const { sources } = await card();
    return ids.map((id) => sources.filter(({ workspace, state, facts }) => workspace === id && state === 'done' && (facts ?? 0) > 0).length); // prettier-ignore
  };
  expect((await packed()).every((count) => count > 5)).toBe(true);
  const { nodes } = value(await core.call('room.lineage', { log }));
  for (const asset of assets) expect(nodes.map(({ id }) => id)).toContain(asset);
  const told = async (): Promise<readonly string[]> => {
    const { rows: entries } = value(await core.call('room.timeline', { log, machine: true, limit: 500 }));
    const scopes = entries.filter(({ kind }) => kind === 'fact').flatMap((one) => one.assets.map((asset) => assetParts(asset as AssetId).scope));
    return worlds.map(({ metastoreId }) => String(scopes.includes(metastoreId)));
  }; // prettier-ignore
  await expect.poll(told, slow).toEqual(['true', 'true']);
  const stored = () =>
    rows('SELECT workspace, region, count(*) AS n FROM lake_fact GROUP BY 1, 2').map((row) => [row['workspace'], row['region']]).toSorted(); // prettier-ignore
  expect(stored()).toEqual([[ids[0], near], [ids[1], far]].toSorted()); // prettier-ignore

  // A rule against the far region: that half is refused with its reason, and the near one stays as it was.
  value(await core.call('residency.set', { region: far, allowed: false, reason: 'contract 7' }));
  value(await core.call('offline.start', { log }));
  const halves = async () => {
    const { sources } = await card();
    return ids.map((id) => [...new Set(sources.filter(({ workspace }) => workspace === id).map(({ state }) => state))]);
  };
  await expect.poll(async () => (await halves())[1], slow).toEqual(['refused']);
  await expect.poll(async () => (await card()).pack?.running, slow).toBe(false);
  await expect.poll(stored, slow).toEqual([[ids[0], near]]);
  const { sources, badge } = await card();
  // Said once, of the workspace; nothing of the allowed half is missing because of it.
  expect(badge.withheld).toEqual([{ workspace: name, reason: expect.stringContaining('contract 7') }]);
  const lacking = sources
    .filter(({ workspace, state }) => workspace === ids[0] && state !== 'done')
    .map(({ label }) => label);
  expect(badge.missing.toSorted()).toEqual([...new Set(lacking)].toSorted());
  for (const one of sources.filter(({ workspace }) => workspace === ids[1])) expect(one.note).toContain('contract 7');
  expect((await halves())[0]).toContain('done');
  expect((await halves())[0]).not.toContain('refused');
  expect(new Set(sources.map(({ place }) => place))).toEqual(new Set(['Practice lakehouse', name]));
}, 300_000);
