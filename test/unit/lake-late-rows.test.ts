import { afterEach, describe, expect, it } from 'vitest';
import type { Parameter, Statement, TextRow } from '../../main/databricks/port.ts';
import { jobAsset } from '../../main/lake/assets.ts';
import { aDay, anHour, lateness } from '../../main/lake/collector.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { progress, tooManyAtOnce } from '../../main/lake/pull.ts';
import { runCollector } from '../../main/lake/refresh.ts';
import { checkedSources, collectors } from '../../main/lake/sources.ts';
import { lookBackOf } from '../../main/lake/window.ts';
import { sql } from '../../main/store/sql.ts';
import { badgeOf } from '../../main/core/offline-card.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { err, ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

/** A table of statements that keeps what a test puts in, and answers what lies behind the moment that it is asked from. */
const source = 'system.query.history';
const collector = collectors.find((one) => one.source === source);
if (collector === undefined) throw new Error(`${source} is not read`);
const job = jobAsset('7', '9');
const room = 'inc:00000000000000000000000000000009';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
const rig = (start = collectNow) => {
  let now = start;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const rows = new Map<string, number>();
  const asked: string[] = [];
  let refused = false;
  const textOf = (parameter: Parameter | undefined): string =>
    typeof parameter === 'object' && parameter !== null && 'value' in parameter ? String(parameter.value) : '';
  const rowOf = (id: string, at: number): TextRow => ({
    ws: '7', id, ended: micros(at), started: micros(at - 60_000), status: 'FAILED', type: 'SELECT', total_duration_ms: '60000', place: '1',
    compute: '{"warehouse_id":"w"}', origin: '{"job_info":{"job_id":"9"}}',
  }); // prettier-ignore
  const fake = fakeWorkspace({
    columns: ['workspace_id', 'statement_id', 'end_time', 'start_time', 'execution_status', 'statement_type', 'total_duration_ms', 'client_application', 'compute', 'query_source'],
    sql: ({ name, parameters }: Statement) => {
      if (name !== 'lake.queries') return undefined;
      const since = `${textOf(parameters?.['since']).replace(' ', 'T')}Z`;
      asked.push(since);
      if (refused) return err(databricksFailure('Forbidden'));
      const found = [...rows].filter(([, at]) => at >= Date.parse(since)).sort((a, b) => a[1] - b[1]);
      return rowPage(found.map(([id, at], i) => ({ ...rowOf(id, at), bw_row: String(i + 1) })));
    },
  }); // prettier-ignore
  const deps = { store, clock: { now: () => now }, log: () => undefined };
  const packing = createPacking({
    ...deps,
    workspaces: () => [fake.workspace],
    breathe: () => Promise.resolve(),
    assetsOf: () => [job as AssetId],
    limits: () => ({ rows: 1e6, bytes: 1e9 }),
    changed: () => undefined,
    collectors: [{ ...collector, source, label: collector.label, meta: collector.meta, table: collector.table }],
  });
  return {
    rows,
    asked,
    pass: (ms: number) => {
      now += ms;
    },
    refuse: (now: boolean) => {
      refused = now;
    },
    note: (text: string) =>
      store.transaction((db) => {
        db.run(sql`UPDATE pack_source SET note = ${text}`);
        return ok(null);
      }),
    watch: () =>
      runCollector(deps, collector, {
        workspace: fake.workspace,
        ids: { workspaceId: '7', metastoreId: 'ms', region: null },
        scope: new Map([[job, 0]]),
        options: {},
      }),
    pack: async (from = now - 14 * aDay) => {
      packing.start({ room, hops: 1, from: instantAt(from), to: null });
      await packing.settled();
      const pack = packing.pack(store.read, room);
      if (pack === null) throw new Error('not packed');
      return pack;
    },
    statements: () =>
      store.read
        .all<{ readonly id: string }>(sql`SELECT json_extract(data, '$.statement') AS id FROM lake_fact WHERE kind = 'query' ORDER BY 1`)
        .map(({ id }) => id),
  }; // prettier-ignore
};

describe('a row that comes 20 hours late', () => {
  it('is found by a further packing, and what was there before comes but once', async () => {
    const at = rig();
    at.rows.set('a', collectNow - 30 * anHour).set('b', collectNow - anHour);
    await at.pack();
    // The warehouse on which it ran is in scope now, and is read from the beginning.
    await at.pack();
    at.pass(anHour);
    at.rows.set('late', collectNow - 20 * anHour);
    await at.pack();
    expect(at.statements()).toEqual(['a', 'b', 'late']);
    expect(at.asked.slice(-1)).toEqual([instantAt(collectNow - 25 * anHour)]);
  });

  it('is found by the background within three hours, with one statement a refresh and mostly a short look back', async () => {
    const at = rig();
    at.rows.set('b', collectNow - anHour);
    await at.watch();
    at.rows.set('late', collectNow - 20 * anHour);
    for (let minutes = 0; minutes < 180; minutes += 15) {
      at.pass(15 * 60_000);
      await at.watch();
    }
    expect(at.statements()).toEqual(['b', 'late']);
    expect(at.asked).toHaveLength(13);
    const far = at.asked.filter((since) => since < instantAt(collectNow - 5 * anHour));
    // The first pull of all, and the look over the whole lateness.
    expect(far).toHaveLength(2);
  });
});

describe('how far back', () => {
  it('is as late as the source may be, as long as the longest known where nobody says, and never less than usual', () => {
    const far = (latenessMs: number | null) => lookBackOf({ latenessMs }, 'pack', null, collectNow);
    expect([far(0), far(anHour), far(12 * anHour), far(aDay), far(null)]).toEqual([
      lateness, lateness, 12 * anHour, aDay, aDay,
    ]); // prettier-ignore
    const near = lookBackOf({ latenessMs: aDay }, 'watch', instantAt(collectNow + 60_000), collectNow + 120_000);
    expect(near).toBe(lateness);
  });

  it('says when it is older than the workspace keeps, and claims nothing there; what was read before it got old stays', async () => {
    const at = rig();
    at.rows.set('b', collectNow - anHour);
    const old = await at.pack(collectNow - 400 * aDay);
    expect(old.sources[0]).toMatchObject({
      state: 'left-out',
      note: 'Older than the workspace keeps (365 days): what was before 2025-11-24 may be missing.',
    });
    expect(badgeOf(old, collectNow, (name) => name)).toMatchObject({ state: 'partly', missing: [source] });
    expect((await at.pack(collectNow - 400 * aDay)).sources[0]?.state).toBe('left-out');
    const young = rig();
    young.rows.set('b', collectNow - anHour);
    await young.pack();
    expect((await young.pack()).sources[0]?.state).toBe('done');
    young.pass(360 * aDay);
    expect((await young.pack(collectNow - 14 * aDay)).sources[0]).toMatchObject({ state: 'done', note: null });
  });

  it('keeps that as a moment, whatever its note says: a narrower window misses nothing, the wide one again', async () => {
    const at = rig();
    at.rows.set('b', collectNow - anHour);
    const from = collectNow - 400 * aDay;
    const wide = await at.pack(from);
    at.note('Something else is said here.');
    expect((await at.pack(from)).sources[0]).toMatchObject({ state: 'left-out', note: wide.sources[0]?.note });
    expect((await at.pack()).sources[0]).toMatchObject({ state: 'done', note: null });
    expect((await at.pack(from)).sources[0]).toMatchObject({ state: 'left-out', note: wide.sources[0]?.note });
  });

  it('says it also when the first reading of it was refused', async () => {
    const at = rig();
    at.rows.set('b', collectNow - anHour);
    at.refuse(true);
    expect((await at.pack(collectNow - 400 * aDay)).sources[0]).toMatchObject({ state: 'refused' });
    at.refuse(false);
    expect((await at.pack(collectNow - 400 * aDay)).sources[0]).toMatchObject({
      state: 'left-out',
      note: 'Older than the workspace keeps (365 days): what was before 2025-11-24 may be missing.',
    });
  });

  it('is known to the check of the connection for every source', () => {
    expect(checkedSources.find((one) => one.source === source)?.pace).toBe('up to 24 h late, kept for 365 days');
    expect(checkedSources.every(({ pace }) => pace !== '')).toBe(true);
  });
});

describe('more rows than one answer holds within what is read again', () => {
  it('are followed by the next answer from where this one ended, and only a moment that fills one is left', () => {
    const { store, close } = temporaryStore(() => collectNow);
    cleanups.push(close);
    const [cursor, within] = [instantAt(collectNow), instantAt(collectNow - 20 * anHour)];
    const full = { rows: [{ at: micros(collectNow - 20 * anHour) }], missingColumns: [], cutOff: null, full: true };
    const context = collectContext(fakeWorkspace({}).workspace, store.read, [], { cursor, completeTo: cursor });
    expect(progress(context, full, 'at', 0)).toMatchObject({
      cursor: within,
      completeTo: cursor,
      more: true,
      note: null,
    });
    const next = { ...context, cursor: within, resumed: true };
    expect(progress(next, full, 'at', 0)).toMatchObject({ more: false, note: tooManyAtOnce });
  });
});
