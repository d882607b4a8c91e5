// Packing: a bulk pull with everything that storing costs against the bare driver in the same run, memory for half a million
// rows, how soon a cancel is seen, the default scenario, and a cold room from the cache while nothing can be reached.
import { fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Workspace } from '../../main/databricks/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import { coreFlags } from '../../shared/contract/mux.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { value } from '../support/core.ts';
import { coldRoomFigures } from './cold-room.ts';
import type { Measured } from './packing-process.ts';
import { day, openAt, packing, type Place, rateRows, request, room, withStore } from './packs.ts';
import { clock, type Figure, median, seconds } from './seams.ts';

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

/** Pulls and packings in a process that is started as the shell starts the core. */
const measuredApart = (place: Place): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'packing-process.ts'), [], {
      execArgv: [...coreFlags],
      serialization: 'advanced',
      env: { ...process.env, DATABRICKS_TELEMETRY_DISABLED: '1' },
    });
    child.once('message', (measured: Measured) => resolve(measured));
    child.once('exit', (code, signal) => reject(new Error(`packing ended without a word: ${signal ?? code}`)));
    child.send(place);
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
  const { ours, theirs, first, later, cancels, whole } = await (async () => {
    try {
      return { ...(await measuredApart(place)), whole: await scenario(workspace, place) };
    } finally {
      await workspace.close();
      end();
    }
  })();
  const ratios = ours.map((took, turn) => (theirs[turn] ?? 0) / took);
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
