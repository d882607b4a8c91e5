// Works with little: SELECT on three tables, CAN VIEW on one job, no share, no system table. And nothing is ever written.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { openCore, value } from '../support/core.ts';
import { openLakeCore, type LakeCore } from '../support/lake-core.ts';
import { startPractice, type Practice } from '../support/practice.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const home = mkdtempSync(join(tmpdir(), 'bw-few-'));
let practice: Practice;
let lake: LakeCore;
let tables: readonly string[];
let job: string;
const sent: { readonly effect: string; readonly text: string }[] = [];
const called: { readonly method: string; readonly path: string }[] = [];

/** Listens to every statement and every REST call that leaves the core. */
const listening = (workspace: Workspace): Workspace => ({
  ...workspace,
  warehouse: {
    ...workspace.warehouse,
    query: (statement, options) => {
      sent.push({ effect: statement.effect, text: statement.text });
      return workspace.warehouse.query(statement, options);
    },
    pages: (statement, options) => {
      sent.push({ effect: statement.effect, text: statement.text });
      return workspace.warehouse.pages(statement, options);
    },
  },
  rest: {
    call: (request, options) => {
      called.push({ method: request.method, path: request.path });
      return workspace.rest.call(request, options);
    },
  },
});

beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'line' });
  // The button as a person presses it: the practice lakehouse chooses, nothing is picked for this test.
  const { rights } = (await practice.control({ rights: 'little' })) as { rights: { tables: string[]; jobs: string[] } };
  tables = rights.tables;
  job = rights.jobs.join();
  expect([tables.length, rights.jobs.length]).toEqual([3, 1]);
  lake = await openLakeCore(home, practice, () => Date.now(), listening);
});
afterAll(async () => {
  await lake.close();
  await practice.close();
  rmSync(home, { recursive: true, force: true });
});

describe('with three tables and one job', () => {
  it('a room opened by hand has history, schema and runs', async () => {
    const { core } = lake;
    const { log } = value(
      await core.call('room.open', {
        from: 'hand', title: 'Numbers look wrong', class: 'data-quality', severity: 'SEV3', affected: [...tables, `job ${job}`],
      }),
    ); // prettier-ignore
    await lake.refreshed();
    await lake.refreshed();
    const room = value(await core.call('room.get', { log }));
    expect(room.assets.map((one) => one.kind).sort()).toEqual(['job', 'table', 'table', 'table']);
    const facts = [...lake.stored().facts.values()];
    const about = (kind: string) => facts.filter((one) => one.kind === kind);
    const versionsOf = (table: string) => about('table-version').filter((one) => one.data['table'] === table);
    for (const table of tables) expect(versionsOf(table).length, table).toBeGreaterThan(0);
    expect(about('schema-change').some((one) => one.data['table'] === tables[0])).toBe(true);
    const runs = about('run').filter((one) => one.data['task'] === null);
    expect(new Set(runs.map((one) => one.data['job']))).toEqual(new Set([job]));
    expect(runs.some((one) => one.data['result'] === 'failed')).toBe(true);
    // It shows in the room, not only in the cache.
    const shown = value(await core.call('room.timeline', { log, limit: 200 }));
    expect(JSON.stringify(shown)).toContain('failed');
  });

  it('what is not visible is said, source by source', async () => {
    const { freshness: sources } = await lake.status();
    const state = (label: string) => sources.find((one) => one.label === label)?.state;
    expect(state('Job runs')).toBe('denied');
    expect(state('Lineage of tables')).toBe('denied');
    expect(state('Job runs, live')).toBe('fresh');
    expect(state('Versions of tables')).toBe('fresh');
    expect(sources.find((one) => one.label === 'Job runs, live')?.note).toContain('system table cannot be read');
  });

  it('a source with nothing in scope, or nothing that may be seen, says so beside being fresh', async () => {
    const { freshness } = await lake.status();
    const silent = freshness.filter((one) => one.state === 'fresh' && one.completeTo === null && one.note === null);
    const said = (label: string) => freshness.find((one) => one.label === label);
    expect(said('Updates of pipelines, live')).toMatchObject({ state: 'fresh', note: 'Nothing in scope to ask about.' });
    expect(said('Serving endpoints')).toMatchObject({ state: 'fresh', note: 'Nothing found in scope that this user can see.' });
    // These brought links, which have no moment up to which they are complete.
    const links = [...lake.stored().edges];
    expect(silent.filter(({ source }) => !links.some((link) => link.includes(` ${source} `)))).toEqual([]);
  }); // prettier-ignore

  it('a name that is no table and no job is refused before anything is written', async () => {
    const opening = { from: 'hand', title: 'T', class: 'cost', severity: 'SEV5' } as const;
    const before = value(await lake.core.call('rooms.list', {})).total;
    for (const name of ['orders', 'a.b', 'job x', 'a.b.c.d'])
      expect(await lake.core.call('room.open', { ...opening, affected: [name] })).toMatchObject({
        error: { tag: 'WrongShape' },
      });
    expect(value(await lake.core.call('rooms.list', {})).total).toBe(before);
  });

  it('nothing was written to the workspace: only reads left this device', () => {
    expect(sent.length).toBeGreaterThan(10);
    expect(called.length).toBeGreaterThan(3);
    expect(sent.filter((one) => one.effect !== 'read')).toEqual([]);
    const writes = /^\s*(?:insert|update|delete|merge|create|alter|drop|truncate|restore|optimize|vacuum|grant|revoke|copy|refresh|set)\b/i; // prettier-ignore
    expect(sent.filter((one) => writes.test(one.text))).toEqual([]);
    expect(sent.every((one) => /^\s*(?:select|with|describe|show)\b/i.test(one.text))).toBe(true);
    expect(called.filter((one) => one.method !== 'GET')).toEqual([]);
  });
});

describe('named in Settings, in a profile that never had a room', () => {
  it('the three tables and the job have history, schema and runs, and there is a room', async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'bw-watch-'));
    const named = await openLakeCore(fresh, practice, () => Date.now());
    const { core } = named;
    const before = [...named.stored().facts.values()].filter((one) => one.kind === 'table-version');
    expect(before).toEqual([]);
    for (const name of tables) value(await core.call('watch.add', { kind: 'table', name }));
    value(await core.call('watch.add', { kind: 'job', name: job }));
    value(await core.call('watch.add', { kind: 'table', name: 'main.nowhere.not_there' }));
    expect(await core.call('watch.add', { kind: 'job', name: 'nightly' })).toMatchObject({
      error: { tag: 'WrongShape' },
    });
    await named.refreshed();
    await named.refreshed();
    const facts = [...named.stored().facts.values()];
    const versions = facts.filter((one) => one.kind === 'table-version');
    for (const table of tables)
      expect(
        versions.some((one) => one.data['table'] === table),
        table,
      ).toBe(true);
    expect(facts.some((one) => one.kind === 'schema-change' && one.data['table'] === tables[0])).toBe(true);
    expect(new Set(facts.filter((one) => one.kind === 'run').map((one) => one.data['job']))).toEqual(new Set([job]));

    const { rows } = value(await core.call('watch.list', {}));
    expect(rows.map(({ kind, seen }) => [kind, seen])).toEqual([
      ['table', true], ['table', true], ['table', true], ['job', true], ['table', false],
    ]); // prettier-ignore
    expect(rows[0]?.latest?.title).toContain('Version');
    const found = value(await core.call('watch.find', { text: (tables[0] ?? '').split('.').at(-1) ?? '' })).rows;
    expect(found[0]).toMatchObject({ kind: 'table', name: tables[0], seen: true, watched: true });
    expect(value(await core.call('watch.find', { text: 'a.b.new_one' })).rows).toMatchObject([
      { kind: 'table', seen: false }, { kind: 'model', seen: false },
    ]); // prettier-ignore

    // The failed run of the job is proposed, and the room is opened from there.
    const [proposal] = value(await core.call('inbox.list', {})).proposals;
    const { log } = value(await core.call('room.open', { from: 'proposal', proposal: proposal?.id ?? '' }));
    const timeline = value(await core.call('room.timeline', { log, limit: 200 }));
    expect(JSON.stringify(timeline)).toContain('failed');
    value(await core.call('watch.remove', { kind: 'table', name: 'main.nowhere.not_there' }));
    expect(value(await core.call('watch.list', {})).rows).toHaveLength(4);
    await named.close();
    // It is still on the list at the next start, before anything is read.
    const again = await openCore(fresh, { background: false });
    expect(value(await again.call('watch.list', {})).rows.every(({ seen }) => seen)).toBe(true);
    await again.close();
    rmSync(fresh, { recursive: true, force: true });
  });

  it('in a profile that never read a workspace, names are kept and resolved later', async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'bw-watch-'));
    const core = await openCore(fresh, { background: false });
    value(await core.call('watch.add', { kind: 'table', name: 'Main.`Sales`.Orders' }));
    value(await core.call('watch.add', { kind: 'endpoint', name: 'prices' }));
    expect(value(await core.call('watch.list', {})).rows).toMatchObject([
      { kind: 'table', name: 'main.sales.orders', label: 'orders', detail: 'main.sales', asset: null, seen: false },
      { kind: 'endpoint', name: 'prices', label: 'prices', detail: '', asset: null, facts: 0, latest: null },
    ]);
    await core.close();
    rmSync(fresh, { recursive: true, force: true });
  });
});
