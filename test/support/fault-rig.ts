// Collectors, one by one, as the watch and as packing run them, on a world in which each of them has something to read.
import { existsSync } from 'node:fs';
import type { Workspace } from '../../main/databricks/port.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { noTally } from '../../main/lake/counted-workspace.ts';
import { readPackSourceSafely } from '../../main/lake/pack-source.ts';
import { runCollector } from '../../main/lake/refresh.ts';
import { diskFull } from '../../main/store/failures.ts';
import { sourceRow } from '../../main/store/lake.ts';
import { packOf, packSource, putPack } from '../../main/store/packs.ts';
import type { Store } from '../../main/store/port.ts';
import { err, ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { createFaultyWorkspace, type FaultyWorkspace } from './faulty-workspace.ts';
import { practiceWorkspace, temporaryStore } from './lakehouse.ts';
import { startPractice, type Practice } from './practice.ts';
import { addRows, at } from './system-rows.ts';

const day = 86_400_000;
export type Lane = 'watch' | 'pack';

export type World = {
  readonly practice: Practice;
  readonly faulty: FaultyWorkspace;
  readonly ids: { readonly workspaceId: string; readonly metastoreId: string; readonly region: null };
  readonly scope: ReadonlyMap<AssetId, number>;
  /** Tables in scope that people made, by their full names. */
  readonly tables: readonly string[];
  /** When everything plays. */
  readonly start: number;
  readonly close: () => Promise<void>;
};

/** Always the same hour of a week, so that a seed makes the same world; not long ago, for certificates are made then. */
const lastWednesday = (now: number): number => {
  const fromThursday = now - (now % (7 * day));
  const found = fromThursday + 6 * day + 9.5 * 3_600_000;
  return found > now ? found - 7 * day : found;
};

/** A practice world with all that surrounds the story, and a scope in which every source has rows. */
export const openWorld = async (): Promise<World> => {
  const start = lastWednesday(Date.now());
  const practice = await startPractice({ seed: 5, estate: true, now: () => start });
  const limits = {
    statementMs: 60_000,
    openMs: 30_000,
    socketMs: 60_000,
    retryMs: 1,
    retryCapMs: 2,
    readRepeats: 1,
    closeMs: 200,
  };
  const workspace = practiceWorkspace(practice, {}, { limits });
  const found = await workspace.identity();
  const { estate } = practice.server.world;
  const [incident] = practice.truth.incidents;
  if (!found.ok || estate === null || incident === undefined) throw new Error('the world is not whole');
  const { metastoreId, workspaceId } = found.value;
  const busy = await ask(workspace, `SELECT max_by(w, n) AS w FROM (SELECT compute.warehouse_id AS w, count(*) AS n FROM system.query.history GROUP BY 1)`); // prettier-ignore
  const model = estate.models.find((one) => one.endpoint !== null && one.inference !== null);
  const personal = estate.tables.find((one) => one.personal && one.pipeline !== null);
  const job = estate.jobs.find(({ area }) => area === model?.area);
  const tables = [incident.forecastTable, model?.inference ?? '', model?.features ?? '', personal?.full ?? ''];
  const assets = [
    ...tables.map((name) => `table|${metastoreId}|${name}`),
    `job|${workspaceId}|${incident.failedJob.id}`,
    `job|${workspaceId}|${job?.id ?? ''}`,
    `pipeline|${workspaceId}|${personal?.pipeline ?? ''}`,
    `model|${metastoreId}|${model?.full ?? ''}`,
    `endpoint|${workspaceId}|${model?.endpoint?.id ?? ''}`,
    `cluster|${workspaceId}|${job?.cluster ?? ''}`,
    `warehouse|${workspaceId}|${busy}`,
    `query|${workspaceId}|0f1e2d3c`,
    `notebook|${workspaceId}|4711`,
  ];
  // A year of usage of all is more than each of some hundred devices need.
  await ask(workspace, `DELETE FROM system.billing.usage WHERE abs(hash(record_id)) % 40 > 0`);
  const [catalog = '', schema = '', table = ''] = incident.forecastTable.split('.');
  const old = at(start - 4 * day);
  await addRows(workspace, 'lakeflow.pipeline_update_timeline', [
    { account_id: 'a', workspace_id: workspaceId, pipeline_id: personal?.pipeline ?? '', update_id: '0e5cafe0', update_type: 'REFRESH', period_start_time: old, period_end_time: old, result_state: 'FAILED' },
  ]); // prettier-ignore
  // Known to the table only: it is long gone from REST.
  await addRows(workspace, 'lakeflow.job_run_timeline', [
    { account_id: 'a', workspace_id: workspaceId, job_id: job?.id ?? '', run_id: '990000000000001', period_start_time: old, period_end_time: old, result_state: 'FAILED', run_type: 'JOB_RUN' },
  ]); // prettier-ignore
  await addRows(workspace, 'billing.usage', [
    { account_id: 'a', workspace_id: workspaceId, record_id: 'notebook', sku_name: 'S', usage_unit: 'DBU', usage_quantity: '1', usage_date: old.slice(0, 10), record_type: 'ORIGINAL',
      usage_start_time: old, usage_end_time: old, usage_metadata: { notebook_id: '4711', notebook_path: '/Shared/check' } },
  ]); // prettier-ignore
  for (const [i, status] of ['Healthy', 'Unhealthy', 'Healthy'].entries())
    await addRows(workspace, 'data_quality_monitoring.table_results', [
      { event_time: at(start - (5 - i) * 3_600_000), catalog_name: catalog, schema_name: schema, table_name: table, table_id: 't', status },
    ]); // prettier-ignore
  const columns = practice.server.lake.table(['system', 'compute', 'warehouses']).schemas.at(-1)?.columns ?? [];
  const named = columns.map(({ name }) => name).filter((name) => name !== 'change_time');
  await ask(workspace, `INSERT INTO system.compute.warehouses (${named.join(', ')}, change_time) SELECT ${named.join(', ')}, TIMESTAMP '${at(start - 1.5 * 3_600_000)}' FROM system.compute.warehouses`); // prettier-ignore
  return {
    practice,
    faulty: createFaultyWorkspace(practice, workspace),
    ids: { workspaceId, metastoreId, region: null },
    scope: new Map(assets.map((asset, i) => [asset as AssetId, i])),
    tables,
    start,
    close: async () => {
      await workspace.close();
      await practice.close();
    },
  };
};

/** The first value of the first row. */
const ask = async (workspace: Workspace, text: string): Promise<string> => {
  const effect = text.startsWith('SELECT') ? 'read' : 'write';
  const found = await workspace.warehouse.query({ name: 'test.prepare', effect, text });
  if (!found.ok) throw new Error(`${text}: ${found.error.what} ${found.error.advice}`);
  return Object.values(found.value.rows[0] ?? {})[0] ?? '';
};

/** How a store fails its nth transaction: the disk is full, the process dies before it commits, or it is asked to end after it. */
export const endings = ['full', 'dies', 'aborts'] as const;
export type Ending = (typeof endings)[number];
/** `passes`: nothing fails, something happens meanwhile. */
export type WriteTrouble = { readonly at: number; readonly ending: Ending | 'passes'; readonly meanwhile: () => void };

export type Device = {
  readonly store: Store;
  readonly run: (lane: Lane, collector: Collector, write?: WriteTrouble) => Promise<{ readonly failed: boolean }>;
  /** The clock is set, forward or back. */
  readonly jump: (ms: number) => void;
  /** The program starts anew: what tables look like is asked again, a little later. */
  readonly restart: (ms?: number) => void;
  readonly says: (lane: Lane, collector: Collector) => SourceSays;
  readonly close: () => void;
};
export type SourceSays = {
  readonly state: string;
  readonly completeTo: string | null;
  readonly observed: string | null;
  readonly missing: string;
  readonly note: string | null;
};

const room = 'inc:00000000000000000000000000000001';
class Died extends Error {}
/** Where there is a disk in memory, hundreds of devices need not wait for a real one. */
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : undefined;

/** Windows of hours in the watch, whose window has a fixed length: it runs as many days later. */
const watchLater = 13.9 * day;

export const openDevice = (world: World): Device => {
  const { faulty, ids, scope, start } = world;
  let later = 0;
  const clock = { now: () => start + watchLater + later };
  const { store, close } = temporaryStore(clock.now, inMemory);
  const from = new Date(start - 13 * day).toISOString();
  store.transaction((db) => {
    putPack(db, {
      room, state: 'packing', scope: '[]', hops: 3, reach: 3, since: from, until: null, started: from, finished: null, totals: '{}', note: null,
    }); // prettier-ignore
    return ok(null);
  });
  const pack = packOf(store.read, room)?.id ?? 0;
  let workspace = faulty.opened();

  /** The same store, whose nth transaction from now ends in that way. */
  const troubled = (trouble: WriteTrouble, abort: () => void): Store => {
    let count = 0;
    let dead = false;
    return {
      ...store,
      transaction: (work) => {
        count += 1;
        if (dead) throw new Died();
        if (count !== trouble.at) return store.transaction(work);
        trouble.meanwhile();
        if (trouble.ending === 'passes') return store.transaction(work);
        if (trouble.ending === 'aborts') {
          const done = store.transaction(work);
          abort();
          return done;
        }
        const full = diskFull('breakwater.db', 'SQLITE_FULL');
        // What was written is rolled back, as SQLite does it.
        store.transaction((db) => {
          work(db);
          return err(full);
        });
        if (trouble.ending === 'full') return err(full);
        dead = true;
        throw new Died();
      },
    };
  };

  return {
    store,
    close,
    jump: (ms) => {
      later += ms;
    },
    restart: (ms = 1) => {
      later += ms;
      workspace = faulty.opened();
    },
    run: async (lane, collector, write) => {
      const abort = new AbortController();
      const deps = {
        store: write === undefined ? store : troubled(write, () => abort.abort()),
        clock, log: () => undefined, breathe: () => Promise.resolve(),
      }; // prettier-ignore
      try {
        if (lane === 'watch') {
          const result = await runCollector(deps, collector, {
            workspace,
            ids,
            scope,
            options: { signal: abort.signal },
          });
          return { failed: result.failure !== null };
        }
        const { end } = await readPackSourceSafely(deps, {
          pack, room, byItself: false, collector, workspace, tally: noTally(), ids, scope, from, to: null, expected: null, signal: abort.signal,
          full: () => false, progress: () => undefined,
        }); // prettier-ignore
        return { failed: end !== 'done' };
      } catch (thrown) {
        if (!(thrown instanceof Died)) throw thrown;
        return { failed: true };
      }
    },
    says: (lane, { source }) => {
      const row = lane === 'watch' ? sourceRow(store.read, source, ids.workspaceId) : packSource(store.read, pack, source, ids.workspaceId); // prettier-ignore
      return {
        state: row?.state ?? 'never', completeTo: row?.complete_to ?? null, observed: row?.observed ?? null,
        missing: row?.missing ?? '[]', note: row?.note ?? null,
      }; // prettier-ignore
    },
  };
};
