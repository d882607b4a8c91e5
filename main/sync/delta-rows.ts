import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import { isDeviceId, isEventHash, isLogId, type LogId } from '../../shared/domain/ids.ts';
import type { RowPage, TextRow } from '../databricks/port.ts';
import { isSealed, lineHash } from '../log/line.ts';
import type { PageKey } from './delta-sql.ts';
import type { PlaceHead, PlaceProblem, SharedEvent } from './port.ts';

/**
 * The cursor of the Delta transport. `backend` and `table` say of which table it speaks; `version` is the newest commit in
 * the history when the rows were read, so that a RESTORE since then is seen. `after` is the watermark: every row with a
 * lower or equal commit version was read, except those behind `key` while a page is cut within one commit.
 */
export type DeltaCursor = {
  readonly table: string;
  readonly backend: string;
  readonly version: number;
  readonly by: 'row-version' | 'changes' | 'whole';
  readonly after: number;
  readonly key: PageKey | null;
};

export const writeCursor = (cursor: DeltaCursor): string => JSON.stringify({ v: 1, ...cursor });

const isVersion = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

/** A cursor that this build wrote, or null: then everything is read again, which is always right. */
export const parseCursor = (text: string | null): DeltaCursor | null => {
  const parsed = text === null ? null : parseJson(text);
  if (!parsed?.ok || !isJsonObject(parsed.value) || parsed.value['v'] !== 1) return null;
  const { table, backend, version, by, after, key } = parsed.value;
  if (typeof table !== 'string' || typeof backend !== 'string' || !isVersion(version) || !isVersion(after)) return null;
  if (by !== 'row-version' && by !== 'changes' && by !== 'whole') return null;
  if (key === null) return { table, backend, version, by, after, key: null };
  if (!isJsonObject(key)) return null;
  const { dev, seq, hash } = key;
  if (typeof dev !== 'string' || !isVersion(seq) || typeof hash !== 'string') return null;
  return { table, backend, version, by, after, key: { dev, seq, hash } };
};

export type Commit = { readonly version: number; readonly operation: string; readonly overwrite: boolean };

/** Rows of DESCRIBE HISTORY, newest first; null when a row has no readable version. */
export const readCommits = (page: RowPage): readonly Commit[] | null => {
  const commits: Commit[] = [];
  for (const row of page.rows) {
    const version = Number(row['version'] ?? Number.NaN);
    if (!Number.isSafeInteger(version)) return null;
    commits.push({
      version,
      operation: (row['operation'] ?? '').toUpperCase(),
      overwrite: /overwrite/i.test(row['operationParameters'] ?? ''),
    });
  }
  return commits.toSorted((a, b) => b.version - a.version);
};

/** Commits that neither take rows away nor renumber them. Whatever is not listed here makes the reader read everything. */
const harmless = new Set([
  'WRITE', 'STREAMING UPDATE', 'OPTIMIZE', 'VACUUM START', 'VACUUM END', 'COMPUTE STATS', 'ANALYZE TABLE', 'AUTO COMPACTION',
]); // prettier-ignore

/**
 * Whether the row versions can be trusted since `known`: no RESTORE (invisible to row_commit_version, spark.md 10.5), no
 * replacement, nothing unknown, and the history reaches back far enough to tell.
 */
export const undisturbed = (commits: readonly Commit[], known: number): boolean => {
  const newest = commits[0]?.version ?? -1;
  if (newest < known) return false;
  const since = commits.filter(({ version }) => version > known);
  if (since.length !== newest - known) return false;
  return since.every(({ operation, overwrite }) => harmless.has(operation) && !overwrite);
};

const disclosuresOf = (text: string | null | undefined): readonly string[] | null => {
  if (text === null || text === undefined || text === '') return [];
  if (isSealed(text)) return [text];
  const parsed = parseJson(text);
  if (!parsed.ok || !Array.isArray(parsed.value)) return null;
  return parsed.value.every((item) => typeof item === 'string') ? parsed.value : null;
};

/** Disclosures as the column holds them: a JSON array, or the sealed text as it came. */
export const printDisclosures = (d: readonly string[]): string =>
  d.length === 1 && d[0] !== undefined && isSealed(d[0]) ? d[0] : JSON.stringify(d);

export type ReadRow = { readonly version: number; readonly key: PageKey; readonly event: SharedEvent | PlaceProblem };
const byText = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
/** The order of every pull: commit version, device, number, hash; text by bytes of UTF-8, as the server compares it. */
export const compareRows = (a: ReadRow, b: ReadRow): number =>
  a.version - b.version || byText(a.key.dev, b.key.dev) || a.key.seq - b.key.seq || byText(a.key.hash, b.key.hash);
export const isEvent = (read: SharedEvent | PlaceProblem): read is SharedEvent => 'line' in read;

const text = (row: TextRow, name: string): string => row[name] ?? '';

/** One row, with its place in the order. What cannot be an event is a problem with a name, never an exception. */
export const readRow = (row: TextRow): ReadRow | null => {
  const seq = Number(row['seq'] ?? Number.NaN);
  const version = row['cv'] === undefined ? 0 : Number(row['cv'] ?? Number.NaN);
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(version)) return null;
  const [log, dev, hash] = [text(row, 'log_id'), text(row, 'device_id'), text(row, 'hash')];
  const key: PageKey = { dev, seq, hash };
  const name = `${log} ${dev} ${String(seq)}`;
  const problem = (reason: string): ReadRow => ({ version, key, event: { name, tag: 'unreadable', reason } });
  if (row['line'] === null || row['line'] === undefined) return problem('its line is missing or masked');
  if (!isLogId(log) || !isDeviceId(dev) || !isEventHash(hash) || seq < 1)
    return problem('its columns hold no log, device, number and hash');
  const d = disclosuresOf(row['disclosures']);
  return {
    version,
    key,
    // Disclosures count by digest alone: unreadable ones are none.
    event: { line: row['line'], d: d ?? [], sig: text(row, 'sig'), copies: { log, dev, seq, hash } },
  };
};

export const eventColumnsThere = (columns: readonly string[]): boolean =>
  ['log_id', 'device_id', 'seq', 'hash', 'line', 'disclosures', 'sig'].every((name) => columns.includes(name));

/** Heads per stream; rows that name no device are left out (they cannot be a stream of ours). */
export const readHeadRows = (page: RowPage): readonly PlaceHead[] => {
  const heads: PlaceHead[] = [];
  for (const row of page.rows) {
    const [dev, hash] = [row['device_id'], row['h']];
    const [count, seq] = [Number(row['n'] ?? Number.NaN), Number(row['m'] ?? Number.NaN)];
    if (isDeviceId(dev) && isEventHash(hash) && Number.isSafeInteger(count) && Number.isSafeInteger(seq) && seq >= 1)
      heads.push({ dev, seq, count, hash });
  }
  return heads;
};

/** The one parameter of a push: JSON of all rows; `batch_id` is the same for the same events, whoever sends them again. */
export const printBatch = (
  log: LogId,
  dev: string,
  fromSeq: number,
  events: readonly SharedEvent[],
  batchId: (hashes: readonly string[]) => string,
): string => {
  const hashes = events.map((event) => event.copies?.hash ?? lineHash(event.line));
  const batch = batchId(hashes);
  return JSON.stringify(
    events.map((event, index) => ({
      log_id: log,
      device_id: dev,
      seq: fromSeq + index,
      hash: hashes[index],
      line: event.line,
      disclosures: printDisclosures(event.d),
      sig: event.sig,
      batch_id: batch,
    })),
  );
};
