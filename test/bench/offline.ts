// Packing: a bulk pull with everything that storing costs against the bare driver in the same run, memory for half a million
// rows, how soon a cancel is seen, the default scenario, and a cold room from the cache while nothing can be reached.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DBSQLClient } from '@databricks/sql';
import type { Workspace } from '../../main/databricks/port.ts';
import { dbx, statementKind } from '../../main/databricks/statements.ts';
import { staticToken } from '../../main/databricks/token-source.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { createLake } from '../../main/lake/lake.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { collectors } from '../../main/lake/sources.ts';
import { openStore } from '../../main/store/store.ts';
import type { Store } from '../../main/store/port.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { value } from '../support/core.ts';
import type { Practice } from '../support/practice.ts';
import { coldRoomFigures } from './cold-room.ts';
import { clock, type Figure, median, random, scheduler, seconds } from './seams.ts';

type Place = Pick<Practice, 'host' | 'port' | 'httpPath' | 'token' | 'caFile' | 'truth'>;
const bulk = statementKind('bench.bulk', 'read', 'rows of runs for the benchmark');
const room = 'inc:00000000000000000000000000000001';
const day = 86_400_000;
const rateRows = 60_000;
const turns = 9;
const manyRows = 500_000;

const startApart = async (world: 'small' | 'estate'): Promise<{ readonly place: Place; readonly end: () => void }> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'practice-process.ts'), world], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString('utf8');
      if (text.includes('\n')) resolve(text);
    });
    child.on('exit', () => reject(new Error('practice ended')));
  });
  return { place: JSON.parse(line) as Place, end: () => child.stdin.end() };
};

/** So many made-up runs in the shape in which the collector of runs asks for them; one second apart, the last one now. */
const runs = (rows: number) => {
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

const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
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

const packing = (store: Store, workspace: Workspace, assets: readonly string[], all = collectors, tell = () => {}) =>
  createPacking({
    workspaces: () => [workspace],
    store,
    clock,
    log: () => undefined,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    assetsOf: () => assets.map((asset) => asset as AssetId),
    limits: () => ({ rows: 5_000_000, bytes: 5e9 }),
    changed: tell,
    collectors: all,
  });
const request = { room, hops: 3, from: new Date(Date.now() - 30 * day).toISOString(), to: null };

/** A job of this workspace: others are not asked about. */
const ownJob = async (workspace: Workspace): Promise<readonly string[]> => [
  `job|${value(await workspace.identity()).workspaceId}|9`,
];

const megabytes = (): number => process.memoryUsage().rss / 1e6;

const pullAndStore = (workspace: Workspace, rows: number, watch?: () => void): Promise<number> =>
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

/** Half a million rows: how long it takes, and by how many MB the process grows at most. */
const grown = async (workspace: Workspace): Promise<{ readonly took: number; readonly mb: number }> => {
  const before = megabytes();
  let peak = before;
  const took = await pullAndStore(workspace, manyRows, () => (peak = Math.max(peak, megabytes())));
  return { took, mb: Math.round(peak - before) };
};

/** From the press to the moment when nothing is under way any more, in the middle of a large answer. */
const cancelled = (workspace: Workspace): Promise<number> =>
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

const scenario = (workspace: Workspace, place: Place): Promise<{ took: number; rows: number; estimated: number }> =>
  withStore(async (store) => {
    const ids = value(await workspace.identity());
    const [incident] = place.truth.incidents;
    const assets = [
      `table|${ids.metastoreId}|${incident?.forecastTable ?? ''}`,
      `job|${ids.workspaceId}|${incident?.failedJob.id ?? ''}`,
    ];
    const lake = createLake({ workspaces: () => [workspace], store, clock, log: () => undefined });
    value(await lake.refresh({ assets: assets.map((asset) => asset as AssetId) }));
    const packs = packing(store, workspace, assets);
    const took = await seconds(async () => {
      packs.start({ ...request, from: new Date(Date.now() - 14 * day).toISOString() });
      await packs.settled();
    });
    const pack = packs.pack(store.read, room);
    const rows = pack?.sources.reduce((all, one) => all + one.rows, 0) ?? 0;
    return { took, rows, estimated: pack?.estimate?.rows ?? 0 };
  });

const openAt = (place: Place): Workspace => {
  const { host, port, httpPath, caFile } = place;
  return value(
    openWorkspace(
      { kind: 'practice', name: 'practice', host, port, httpPath, auth: staticToken(place.token), caFile },
      { clock, scheduler, random },
    ),
  );
};

/** The default scenario as `npm start` brings it: in the middle of the whole estate. */
const scenarioInEstate = async (): ReturnType<typeof scenario> => {
  const { place, end } = await startApart('estate');
  const workspace = openAt(place);
  try {
    return await scenario(workspace, place);
  } finally {
    await workspace.close();
    end();
  }
};

export const offlineFigures = async (): Promise<readonly Figure[]> => {
  process.env['DATABRICKS_TELEMETRY_DISABLED'] = '1';
  const { place, end } = await startApart('small');
  const workspace = openAt(place);
  const bare = new DBSQLClient({ logger: { log: () => undefined } as never });
  const { host, port, httpPath: path, token } = place;
  const quiet = { customCaCert: readFileSync(place.caFile), telemetryEnabled: false };
  await bare.connect({ host, port, path, token, ...quiet } as never);
  const session = await bare.openSession();
  const raw = async (): Promise<void> => {
    const operation = await session.executeStatement(runs(rateRows).text, { useCloudFetch: false } as never);
    let rows = 0;
    do rows += (await operation.fetchChunk({ maxRows: 10_000, disableBuffering: true })).length;
    while (await operation.hasMoreRows());
    await operation.close();
    if (rows !== rateRows) throw new Error(`${rows} rows`);
  };
  await raw();
  await pullAndStore(workspace, 20_000);
  // Before the turns, which leave the process as large as a pull makes it: a first packing of half a million rows grows it most.
  const first = await grown(workspace);
  // Turn by turn, each compared with its neighbour: what else the machine does in these seconds then costs both.
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn += 1) {
    ours.push(await pullAndStore(workspace, rateRows));
    theirs.push(await seconds(raw));
  }
  const later = await grown(workspace);
  const ratios = ours.map((took, turn) => (theirs[turn] ?? 0) / took);
  const cancels = [await cancelled(workspace), await cancelled(workspace), await cancelled(workspace)];
  const whole = await scenario(workspace, place);
  await session.close();
  await bare.close();
  await workspace.close();
  end();
  const estate = await scenarioInEstate();
  const cold = await coldRoomFigures();
  const round = (number: number): number => Number(number.toFixed(2));
  return [
    { name: 'bulk pull, stored', value: Math.round(rateRows / median(ours)), unit: 'rows/s', aim: '' },
    { name: 'bulk, raw driver in the same run', value: Math.round(rateRows / median(theirs)), unit: 'rows/s', aim: '' },
    { name: 'bulk pull with storing, against the raw driver', value: round(median(ratios)), unit: '×', aim: '≥ 0.8' },
    { name: '500,000 rows packed', value: round(later.took), unit: 's', aim: '' },
    { name: 'memory beside that, the first time in a process', value: first.mb, unit: 'MB', aim: '≤ 100' },
    { name: 'memory beside that, after other pulls', value: later.mb, unit: 'MB', aim: '≤ 100' },
    { name: 'cancel of a packing', value: Math.round(Math.max(...cancels) * 1000), unit: 'ms', aim: '≤ 1000' },
    { name: 'default scenario packed', value: round(whole.took), unit: 's', aim: '≤ 20' },
    { name: 'default scenario packed, with the estate', value: round(estate.took), unit: 's', aim: '≤ 20' },
    { name: 'rows of that', value: estate.rows, unit: 'rows', aim: '' },
    { name: 'rows estimated for that, of those that came', value: round(estate.estimated / estate.rows), unit: '×', aim: '0.7 to 1.3' },
    { name: 'rows estimated without it, of those that came', value: round(whole.estimated / whole.rows), unit: '×', aim: '0.7 to 1.3' },
    ...cold,
  ]; // prettier-ignore
};
