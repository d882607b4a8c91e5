// A profile of many workspaces: lists with a row for each source of each of them are answered whole, and a source that only
// packing reads is as old as the last packing.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collectors } from '../../main/lake/sources.ts';
import { openDriver } from '../../main/store/sqlite.ts';
import { openCore, scratch, value } from '../support/core.ts';

it('a room packed from twenty workspaces shows all its sources, their ages are those of the packing', async () => {
  const home = scratch();
  const core = await openCore(home);
  const { log } = value(await core.call('room.open', { from: 'hand', title: 'All of them', class: 'platform', severity: 'SEV3' })); // prettier-ignore
  const now = new Date().toISOString();
  const driver = openDriver(join(home, 'profiles', 'default', 'breakwater.db'), { mustExist: true });
  driver
    .prepare(
      `INSERT INTO pack (room, state, scope, hops, reach, since, until, started, finished, totals, note) VALUES (?, 'done', '[]', 3, 3, ?, NULL, ?, ?, '{}', NULL)`,
    )
    .run([log, now, now, now]);
  for (let workspace = 1; workspace <= 20; workspace += 1)
    for (const { source } of collectors)
      driver
        .prepare(
          `INSERT INTO pack_source (pack, source, workspace, state, cursor, complete_to, observed, since, covered, missing, note, rows, bytes, statements, pages, expected, calls, facts, links, lost_before)
           VALUES ((SELECT id FROM pack), ?, ?, 'done', NULL, ?, ?, NULL, '[]', '[]', NULL, 1, 1, 1, 1, NULL, 0, 1, 0, NULL)`,
        )
        .run([source, String(workspace), now, now]);
  driver.close();

  const { sources, badge } = value(await core.call('offline.get', { log }));
  expect(sources).toHaveLength(20 * collectors.length);
  expect(sources.length).toBeGreaterThan(1_000);
  expect(sources[0]?.place).toBe('workspace 1');
  expect(badge).toMatchObject({ state: 'ready', missing: [] });
  const { freshness } = value(await core.call('app.status', {}));
  expect(freshness).toHaveLength(sources.length);
  expect(freshness.every((one) => one.state === 'fresh' && one.observedAt === now)).toBe(true);
  expect(value(await core.call('inbox.list', {})).freshness).toHaveLength(sources.length);
}, 60_000);
