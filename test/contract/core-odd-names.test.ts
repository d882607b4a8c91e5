// A table whose name holds a backtick is found by search and watched like any other, in either spelling.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDriver } from '../../main/store/sqlite.ts';
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
