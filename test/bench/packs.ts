// Packing as a core does it, of a table that is as large as a bench wants it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { staticToken } from '../../main/databricks/token-source.ts';
import { dbx, statementKind } from '../../main/databricks/statements.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { collectors } from '../../main/lake/sources.ts';
import type { Store } from '../../main/store/port.ts';
import { openStore } from '../../main/store/store.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { value } from '../support/core.ts';
import type { Practice } from '../support/practice.ts';
import { clock, random, scheduler, seconds } from './seams.ts';

export type Place = Pick<Practice, 'host' | 'port' | 'httpPath' | 'token' | 'caFile' | 'truth'>;
const bulk = statementKind('bench.bulk', 'read', 'rows of runs for the benchmark');
export const room = 'inc:00000000000000000000000000000001';
export const day = 86_400_000;
/** Rows of a pull whose speed is compared. */
export const rateRows = 60_000;

/** So many made-up runs in the shape in which the collector of runs asks for them; one second apart, the last one now. */
export const runs = (rows: number) => {
  const first = (Date.now() - rows * 1000) * 1000;
  return dbx`SELECT '7' AS ws, '9' AS job, CAST(n AS STRING) AS run, CAST(${first} + n * 1000000 AS STRING) AS slice_start,
    CAST(${first} + n * 1000000 AS STRING) AS slice_end, 'SUCCESS' AS result, CAST(NULL AS STRING) AS termination,
    'CRON' AS trigger_kind, 'JOB_RUN' AS run_kind, 'nightly' AS run_label, CAST(${rows} AS STRING) AS bw_total, n AS bw_row
    FROM (SELECT row_number() OVER (ORDER BY k) AS n FROM (SELECT a.run_id AS k FROM system.lakeflow.job_run_timeline a
      CROSS JOIN system.lakeflow.job_run_timeline b CROSS JOIN system.lakeflow.jobs c LIMIT ${rows}) AS some) AS made ORDER BY n`;
};

/** The workspace, in which the table of runs is as large as that. Asked again, behind its last row, it has no more. */
const withRuns = (workspace: Workspace, rows: number): Workspace => {
  const asked = { before: false };
  const answer = () => {
    const left = asked.before ? 0 : rows;
    asked.before = true;
    return bulk(runs(left));
  };
  return {
    ...workspace,
    warehouse: {
      ...workspace.warehouse,
      pages: (statement, options) =>
        workspace.warehouse.pages(statement.name === 'lake.job-runs' ? answer() : statement, options),
    },
  };
};
/** Without its estimate: the table is not as large as its answer. */
const uncounted = ({ source, label, meta, table, collect, stream }: Collector): Collector => ({
  source, label, meta, table, collect, ...(stream === undefined ? {} : { stream }),
}); // prettier-ignore
const onlyRuns = collectors.filter(({ source }) => source === 'system.lakeflow.job_run_timeline').map(uncounted);

export const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-bench-'));
  const opened = openStore(join(folder, 'breakwater.db'), { clock, log: () => undefined });
  if (!opened.ok) throw new Error(opened.error.what);
  try {
    return await work(opened.value);
  } finally {
    opened.value.close();
    rmSync(folder, { recursive: true, force: true });
  }
};

export const packing = (
  store: Store,
  workspace: Workspace,
  assets: readonly string[],
  all = collectors,
  tell = () => {},
) =>
  createPacking({
    workspaces: () => [workspace],
    store,
    clock,
    log: () => undefined,
    // As the core does it.
    breathe: () => new Promise((resolve) => void scheduler.after(0, resolve)),
    assetsOf: () => assets.map((asset) => asset as AssetId),
    limits: () => ({ rows: 5_000_000, bytes: 5e9 }),
    changed: tell,
    collectors: all,
  });
export const request = { room, hops: 3, from: new Date(Date.now() - 30 * day).toISOString(), to: null };

/** A job of this workspace: others are not asked about. */
const ownJob = async (workspace: Workspace): Promise<readonly string[]> => [
  `job|${value(await workspace.identity()).workspaceId}|9`,
];

export const pullAndStore = (workspace: Workspace, rows: number, watch?: () => void): Promise<number> =>
  withStore(async (store) => {
    const packs = packing(store, withRuns(workspace, rows), await ownJob(workspace), onlyRuns, watch);
    const took = await seconds(async () => {
      packs.start(request);
      await packs.settled();
    });
    const pack = packs.pack(store.read, room);
    if (pack?.state !== 'done' || pack.sources[0]?.rows !== rows)
      throw new Error(`${pack?.state} ${pack?.sources[0]?.rows} ${pack?.sources[0]?.note} ${pack?.note}`);
    return took;
  });

/** From the press to the moment when nothing is under way any more, in the middle of a large answer. */
export const cancelled = (workspace: Workspace): Promise<number> =>
  withStore(async (store) => {
    const seen = { batches: 0 };
    const packs = packing(
      store,
      withRuns(workspace, 200_000),
      await ownJob(workspace),
      onlyRuns,
      () => (seen.batches += 1),
    );
    packs.start(request);
    while (seen.batches < 20) await new Promise((resolve) => setTimeout(resolve, 5));
    return seconds(async () => {
      packs.cancel(room);
      await packs.settled();
    });
  });

export const openAt = (place: Place): Workspace => {
  const { host, port, httpPath, caFile } = place;
  return value(
    openWorkspace(
      { kind: 'practice', name: 'practice', host, port, httpPath, auth: staticToken(place.token), caFile },
      { clock, scheduler, random },
    ),
  );
};
