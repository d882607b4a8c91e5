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
import { sql } from '../../main/store/sql.ts';
import { err, ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { stateKinds } from '../../shared/domain/vocabulary.ts';
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

/** A practice world with all that surrounds the story, and a scope in which every source has rows. */
export const openWorld = async (): Promise<World> => {
  const start = Date.now();
  const practice = await startPractice({ seed: 5, estate: true, now: () => start });
  const limits = {
    statementMs: 8_000,
    openMs: 4_000,
    socketMs: 4_000,
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
export type WriteTrouble = { readonly at: number; readonly ending: Ending; readonly meanwhile: () => void };

export type Device = {
  readonly store: Store;
  readonly run: (lane: Lane, collector: Collector, write?: WriteTrouble) => Promise<{ readonly failed: boolean }>;
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

type HeldFact = { readonly source: string; readonly text: string; readonly data: Readonly<Record<string, unknown>> };
export type Content = {
  readonly facts: ReadonlyMap<string, HeldFact>;
  readonly edges: ReadonlySet<string>;
  readonly assets: ReadonlySet<string>;
};

/** How a source spelled it and which earlier answer a row replaced. */
const bySource = new Set(['raw', 'replaced']);
const isState = (kind: string): boolean => stateKinds.some((one) => one === kind);

/** What a device holds, without when it was seen. */
export const contentOf = ({ store }: Device): Content => {
  const rows = (query: ReturnType<typeof sql>): readonly Readonly<Record<string, string>>[] => store.read.all(query);
  return {
    facts: new Map(
      rows(sql`SELECT id, source, kind, happened, assets, data FROM lake_fact`).map((row) => {
        const { id = '', source = '', kind = '', happened = '', assets = '', data = '{}' } = row;
        // Since when a state is known depends on when it was looked at.
        const text = `${kind} ${isState(kind) ? '' : happened} ${assets}`;
        return [id, { source, text, data: JSON.parse(data) as Record<string, unknown> }];
      }),
    ),
    edges: new Set(
      rows(sql`SELECT from_asset, to_asset, source, via FROM lake_edge`).map((row) => Object.values(row).join(' ')),
    ),
    assets: new Set(rows(sql`SELECT asset, name, gone FROM lake_asset`).map((row) => Object.values(row).join(' '))),
  };
};

/** Unknown on either side is no contradiction, at any depth. */
const agrees = (held: unknown, right: unknown): boolean => {
  if (held === null || held === undefined || right === null || right === undefined) return true;
  if (typeof held !== 'object' || typeof right !== 'object') return held === right;
  const others = new Map(Object.entries(right));
  return (
    (!Array.isArray(held) || (Array.isArray(right) && held.length === right.length)) &&
    Object.entries(held).every(([key, value]) => agrees(value, others.get(key)))
  );
};

/** What `held` says that `right` contradicts. Unknown (null or absent, on either side) is no contradiction. */
export const contradictions = (held: Content, ...rights: readonly Content[]): readonly string[] => {
  const found = [...held.edges].filter((edge) => !rights.some(({ edges }) => edges.has(edge)));
  for (const [id, fact] of held.facts) {
    const others = rights.flatMap(({ facts }) => facts.get(id) ?? []);
    const wrong = others.map((other) => (isEarlier(fact.data, other.data) ? [] : disagreements(fact, other)));
    if (others.length === 0) found.push(`${fact.source}: ${id} is not true`);
    else if (wrong.every((one) => one.length > 0))
      found.push(...(wrong[0] ?? []).map((one) => `${fact.source}: ${id} ${one}`));
  }
  return found;
};
const disagreements = (fact: HeldFact, other: HeldFact): readonly string[] => [
  ...(fact.text === other.text ? [] : [`${fact.text}, not ${other.text}`]),
  ...Object.entries(fact.data).flatMap(([key, value]) =>
    bySource.has(key) || agrees(value, other.data[key])
      ? []
      : [`${key}: ${JSON.stringify(value)}, not ${JSON.stringify(other.data[key])}`],
  ),
];
/** How it was before, which was true then: an older definition, a run whose end was cut off, or its result before a repair. */
const isEarlier = (held: HeldFact['data'], right: HeldFact['data']): boolean => {
  const [one, other] = [held, right].map((data) => data['changedAt']);
  const [ended, end] = [held, right].map((data) => data['endedAt']);
  const [resulted, result] = [held, right].map((data) => data['resultAt']);
  const [labels, all] = [held, right].map((data) => data['labelsCompleteTo']);
  const before = (a: unknown, b: unknown): boolean => typeof a === 'string' && typeof b === 'string' && a < b;
  return (
    before(one, other) ||
    before(labels, all) ||
    before(resulted, result) ||
    (held['result'] === 'running' && before(ended, end))
  );
};

const lineOf = ({ source, text, data }: HeldFact): string => {
  const shown = Object.entries(data).filter(([key]) => key !== 'replaced');
  return `${source}: ${text} ${JSON.stringify(Object.fromEntries(shown))}`;
};
/**
 * Where a device differs from the truth: what it lacks, and what it says otherwise. Another source may have told it `otherwise`,
 * which is as true.
 */
export const differences = (held: Content, right: Content, otherwise: Content): readonly string[] => {
  const lost = (['edges', 'assets'] as const).flatMap((part) => [...right[part]].filter((one) => !held[part].has(one)));
  const extra = (['edges', 'assets'] as const).flatMap((part) =>
    [...held[part]].filter((one) => !right[part].has(one) && !otherwise[part].has(one)),
  );
  const facts = [...new Set([...held.facts.keys(), ...right.facts.keys()])].flatMap((id) => {
    const [here, ...truths] = [held, right, otherwise].map(({ facts: all }) => all.get(id));
    if (here === undefined) return [`${id} is lost`];
    const shown = truths.map((one) => (one === undefined ? null : lineOf(one)));
    return shown.includes(lineOf(here)) ? [] : [`${id}: ${lineOf(here)} instead of ${shown[0] ?? 'nothing'}`];
  });
  return [...lost.map((one) => `lost: ${one}`), ...extra.map((one) => `extra: ${one}`), ...facts];
};
/** What the first says, and of what it does not know what the second says. */
export const joined = (first: Content, second: Content): Content => ({
  facts: new Map([...second.facts, ...first.facts]),
  edges: new Set([...first.edges, ...second.edges]),
  assets: new Set([...first.assets, ...second.assets]),
});
