import { placeOf, pushBatch, tableDdl, type Place } from '../../../main/sync/delta-sql.ts';
import type { DatabricksFailure, RowPage, Workspace } from '../../../main/databricks/port.ts';
import type { Result } from '../../../shared/base/result.ts';
import { prepare, type Stage } from '../stage.ts';

const placeIn = (text: string): Place => {
  const at = placeOf(text);
  if (at === null) throw new Error(`${text} is no place`);
  return at;
};

/** The tables of a share exactly as `share init` makes them, in a schema of their own; answers its name. */
export const eventsTable = async (stage: Stage, name: string): Promise<string> => {
  const place = `${stage.catalog}.${stage.schema}_${name}`;
  await prepare(stage, `CREATE SCHEMA IF NOT EXISTS ${place}`, ...tableDdl(placeIn(place)).map((one) => one.text));
  return place;
};

const rowOf = (device: string, seq: number, line: string): Readonly<Record<string, unknown>> => ({
  log_id: 'inc:1', device_id: device, seq, hash: `h${seq}`, line, disclosures: null, sig: 's', batch_id: 'b',
}); // prettier-ignore

export const oneTo = (count: number, from = 1): readonly number[] => Array.from({ length: count }, (_, i) => from + i);

/** The one parameter of a push: events with these numbers, each with this line. */
export const batchOf = (seqs: readonly number[], line: string, device = 'd'): string =>
  JSON.stringify(seqs.map((seq) => rowOf(device, seq, line)));

/** A push by the statement that Breakwater sends, through this workspace. */
export const pushVia = (
  workspace: Workspace,
  place: string,
  batch: string,
  timeoutMs?: number,
): Promise<Result<RowPage, DatabricksFailure>> =>
  workspace.warehouse.query(pushBatch(placeIn(place), batch), timeoutMs === undefined ? {} : { timeoutMs });

/** A push that must work. */
export const push = async (stage: Stage, place: string, seqs: readonly number[], line = 'line'): Promise<void> => {
  const pushed = await pushVia(stage.workspace, place, batchOf(seqs, line));
  if (!pushed.ok) throw new Error(pushed.error.what);
};
