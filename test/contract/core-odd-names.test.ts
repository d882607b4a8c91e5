// A table whose name holds a backtick is found by search and watched like any other, in either spelling.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDriver } from '../../main/store/sqlite.ts';
import type { CallInput } from '../../shared/contract/calls.ts';
import { openCore, scratch, value } from '../support/core.ts';

it('a name with a backtick is found as it is stored and as people write it, watched, and found again', async () => {
  const home = scratch();
  const core = await openCore(home);
  const name = 'main.shop.od`d';
  const asset = `table|ms|${name}`;
  const driver = openDriver(join(home, 'profiles', 'default', 'breakwater.db'), { mustExist: true });
  driver
    .prepare(`INSERT INTO lake_asset (asset, name, detail, changed, gone) VALUES (?, ?, '', '2026-01-01T00:00:00.000Z', 0)`)
    .run([asset, 'od`d']);
  driver.close();
  const find = async (text: string) => value(await core.call('watch.find', { text })).rows;
  for (const text of ['od`d', 'shop', name, 'main.shop.`od``d`', 'table Main.Shop.`od``d`']) {
    const rows = await find(text);
    expect(rows.filter(({ kind }) => kind === 'table'), text).toMatchObject([{ name, asset, label: 'od`d', seen: true, watched: false }]);
  }
  value(await core.call('watch.add', { kind: 'table', name, asset }));
  expect(value(await core.call('watch.list', {})).rows).toMatchObject([{ kind: 'table', name, asset, seen: true }]);
  expect(await find('od`d')).toMatchObject([{ name, watched: true }]);
  value(await core.call('watch.remove', { kind: 'table', name }));
  expect(value(await core.call('watch.list', {})).rows).toEqual([]);
  await core.close();
}, 60_000); // prettier-ignore

it('a table of three parts of 255 characters, and its columns, go through every call, into the log and out of it', async () => {
  const home = scratch();
  const first = await openCore(home);
  await first.close();
  const ms = '60574a36-b1e9-4a2e-a993-73dab836e674';
  // As long as names can be: 255 characters, of which some take two units, and backticks that are written twice.
  const part = (begin: string): string => begin + '\u{1f30a}'.repeat(100) + '`'.repeat(255 - 100 - Array.from(begin).length);
  const parts = [part('ka'), part('schön'), part('ტ')];
  const name = parts.join('.');
  const quoted = parts.map((one) => `\`${one.replaceAll('`', '``')}\``).join('.');
  const asset = `table|${ms}|${name}`;
  const columns = Array.from({ length: 20 }, (_, n) => `column|${ms}|${name}.${part(`c. ${n}`)}`);
  const at = '2026-01-01T00:00:00.000Z';
  const driver = openDriver(join(home, 'profiles', 'default', 'breakwater.db'), { mustExist: true });
  driver
    .prepare('INSERT INTO setting (key, value) VALUES (?, ?)')
    .run(['connections.known', JSON.stringify([{ id: 'primary', name: 'x', workspaceId: '7', metastoreId: ms, region: null }])]);
  driver
    .prepare(
      `INSERT INTO lake_fact (id, kind, source, workspace, happened, observed, assets, title, data) VALUES (?, 'schema-change', 's', '7', ?, ?, ?, 'Twenty columns', '{}')`,
    )
    .run([`schema-change|${columns[0]}|1`, at, at, JSON.stringify([asset, ...columns])]);
  driver.prepare(`INSERT INTO lake_edge VALUES (?, ?, 'table_lineage', '', ?, ?)`).run([asset, `${asset}2`, at, at]);
  driver.close();

  const core = await openCore(home);
  const room: CallInput<'room.open'> = { from: 'hand', title: 'Long names', class: 'data-quality', severity: 'SEV3', affected: [quoted] };
  const { log } = value(await core.call('room.open', room));
  expect(value(await core.call('room.get', { log })).assets).toMatchObject([{ id: asset }]);
  expect(value(await core.call('asset.get', { log, asset })).name).toBe(parts[2]);
  for (const column of columns.slice(0, 2)) value(await core.call('asset.get', { log, asset: column }));
  value(await core.call('asset.compare', { log, asset, from: 1, to: 2 }));
  value(await core.call('note.add', { log, text: 'about both', assets: [asset, ...columns.slice(0, 5)] }));
  value(await core.call('lineage.declare', { log, from: asset, to: columns[1] ?? '' }));
  const map = value(await core.call('room.lineage', { log }));
  expect(map.edges.map(({ from, to }) => [from, to])).toContainEqual([asset, `${asset}2`]);
  value(await core.call('watch.add', { kind: 'table', name: quoted }));
  expect(value(await core.call('watch.list', {})).rows).toMatchObject([{ name, asset, seen: true }]);
  for (const text of [quoted, name.slice(0, 200), parts[2] ?? ''])
    expect(value(await core.call('watch.find', { text })).rows.map((one) => one.name), text.slice(0, 20)).toContain(name);

  // Twenty such ids are more than a line of the log holds: what is cited names those that fit, and has all in its snapshot.
  const fact = `schema-change|${columns[0]}|1`;
  value(await core.call('fact.pin', { log, fact }));
  const entry = value(await core.call('room.timeline', { log })).rows.find((one) => one.kind === 'fact');
  expect(entry).toMatchObject({ ledger: 'only-here' });
  expect(entry?.assets).toContain(asset);
  await core.close();
}, 60_000); // prettier-ignore
