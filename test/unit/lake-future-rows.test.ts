// Rows that carry a time that has not come yet: they are kept, and no source says or acts as if it were complete until then.
import { afterEach, describe, expect, it } from 'vitest';
import type { Statement, TextRow } from '../../main/databricks/port.ts';
import { anHour, type Collected, type Collector } from '../../main/lake/collector.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { runCollector } from '../../main/lake/refresh.ts';
import { collectors } from '../../main/lake/sources.ts';
import { runsCollector } from '../../main/lake/collectors/runs.ts';
import { sourceRow } from '../../main/store/lake.ts';
import { sql } from '../../main/store/sql.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { ok } from '../../shared/base/result.ts';
import { collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const room = 'inc:00000000000000000000000000000005';
const job = 'job|7|9' as AssetId;
const ids = { workspaceId: '7', metastoreId: 'ms', region: null };
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const device = (rows: readonly TextRow[], all: readonly Collector[]) => {
  let now = collectNow;
  const { store, close } = temporaryStore(() => now);
  cleanups.push(close);
  const { workspace } = fakeWorkspace({
    columns: ['workspace_id', 'job_id', 'run_id', 'period_start_time', 'period_end_time', 'result_state'],
    sql: ({ name, parameters }: Statement) => {
      if (name !== 'lake.job-runs') return undefined;
      const since = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(JSON.stringify(parameters?.['since']))?.[0] ?? '';
      const found = rows.filter((row) => Number(row['slice_end']) / 1000 >= Date.parse(`${since}Z`));
      return rowPage(found.map((row, i) => ({ ...row, bw_row: String(i + 1) })), ['ws', 'job', 'run']); // prettier-ignore
    },
  });
  const deps = { store, clock: { now: () => now }, log: () => undefined };
  const packing = createPacking({
    ...deps,
    workspaces: () => [workspace],
    breathe: () => Promise.resolve(),
    assetsOf: () => [job],
    limits: () => ({ rows: 1e6, bytes: 1e9 }),
    changed: () => undefined,
    collectors: all,
  });
  return {
    store,
    pass: (ms: number) => {
      now += ms;
    },
    watch: async () => {
      const work = { workspace, ids, scope: new Map([[job, 0]]), options: {} };
      for (const one of all) expect((await runCollector(deps, one, work)).failure).toBe(null);
    },
    pack: async () => {
      packing.start({ room, hops: 1, from: instantAt(collectNow - 14 * 24 * anHour), to: null });
      await packing.settled();
      return packing.pack(store.read, room)?.sources ?? [];
    },
    claims: () =>
      store.read.all<{ readonly id: string; readonly to: string | null }>(
        sql`SELECT id, complete_to AS "to" FROM lake_fact ORDER BY id`,
      ),
  };
};

/** A source that answers one fact and says that it is complete up to tomorrow. */
const boasting = ({ source, label, meta, table, stream }: Collector): Collector => {
  const answer: Collected = {
    facts: [
      {
        fact: {
          id: `f|${source}` as FactId, kind: 'settings', source, workspace: '7', happenedAt: instantAt(collectNow), observedAt: instantAt(collectNow),
          completeTo: null, assets: [job], title: 'A fact', data: {},
        },
      },
    ],
    cursor: 'c', completeTo: instantAt(collectNow + 24 * anHour), missingColumns: [], note: null,
  }; // prettier-ignore
  return {
    source, label, meta, table,
    collect: () => Promise.resolve(ok(answer)),
    ...(stream === undefined ? {} : { stream: async function* () { yield await Promise.resolve(ok(answer)); } }),
  }; // prettier-ignore
};

describe('what lies in the future', () => {
  it('no source is complete up to there, whichever it is, in the background and packed', async () => {
    const at = device([], collectors.map(boasting));
    await at.watch();
    const now = instantAt(collectNow);
    expect(collectors.map(({ source }) => sourceRow(at.store.read, source, '7')?.complete_to)).toEqual(
      collectors.map(() => now),
    );
    const packed = await at.pack();
    expect(packed.map(({ completeTo }) => completeTo)).toEqual(collectors.map(() => now));
    expect(new Set(at.claims().map(({ to }) => to))).toEqual(new Set([now]));
    expect(at.claims()).toHaveLength(collectors.length);
  });

  it('is kept, and does not move the cursor over what comes before it', async () => {
    const runOf = (run: string, ended: number): TextRow => ({
      ws: '7', job: '9', run, slice_start: micros(ended - 1_000), slice_end: micros(ended), result: 'FAILED',
    }); // prettier-ignore
    const rows = [runOf('1', collectNow - anHour), runOf('ahead', collectNow + 300 * 24 * anHour)];
    const { source, label, meta, table, collect, stream } = runsCollector;
    const at = device(rows, [{ source, label, meta, table, collect, ...(stream === undefined ? {} : { stream }) }]);
    await at.watch();
    await at.pack();
    at.pass(48 * anHour);
    rows.push(runOf('2', collectNow + 10 * anHour));
    const [packed] = await at.pack();
    expect(packed?.completeTo).toBe(instantAt(collectNow + 48 * anHour));
    expect(at.claims().map(({ id }) => id.split('|').at(-1))).toEqual(['1', '2', 'ahead']);
    rows.push(runOf('3', collectNow + 11 * anHour));
    await at.watch();
    expect(at.claims().map(({ id }) => id.split('|').at(-1))).toEqual(['1', '2', '3', 'ahead']);
  });
});
