import { isJsonObject, type JsonObject } from '../../shared/base/json.ts';
import { fromInstant, toInstant, type Clock, type Instant } from '../../shared/base/time.ts';
import { parseExact } from '../databricks/exact-json.ts';
import type { TextRow } from '../databricks/port.ts';

/** Reading rows of text that somebody else's server made: nothing is trusted, nothing throws. */

/** What masks and missing rights put in place of a value (facts/databricks.md 1.0). */
const maskPattern = /^<?redacted>?$|^\*{3,}$/i;
/** How a mask can begin, white space before it included: asked of every cell, so that few are looked at whole. */
const canBeginMask = (unit: number): boolean =>
  unit <= 0x20 || unit >= 0x80 || unit === 0x2a || unit === 0x3c || unit === 0x52 || unit === 0x72;
export const isMasked = (value: string | null | undefined): boolean =>
  value !== null &&
  value !== undefined &&
  value !== '' &&
  canBeginMask(value.charCodeAt(0)) &&
  maskPattern.test(value.trim());

/** Text of a column; null when it is absent, empty or masked. */
export const textOf = (row: TextRow, name: string): string | null => {
  const value = row[name];
  return value === undefined || value === null || value === '' || isMasked(value) ? null : value.toWellFormed();
};

/** Year 1 to 2100: ISO text sorts by time in it. Zero is how servers write "none". */
const plausible = (ms: number): boolean => ms >= -62_135_596_800_000 && ms !== 0 && ms < 4_102_444_800_000;

/**
 * A moment from microseconds since 1970 (as our statements ask) or from text; text without zone is UTC, since sessions run in
 * UTC. A moment before 1970 is one like others; null when it is none, or lies before the year 1 or after 2100. Below a second
 * before 1970 a number is taken for the "-1" that stands for none.
 */
export const instantOf = (row: TextRow, name: string): Instant | null => {
  const value = textOf(row, name);
  if (value === null) return null;
  if (/^(?:\d{1,17}|-\d{7,17})$/.test(value)) {
    const ms = Math.floor(Number(value) / 1000);
    return plausible(ms) ? toInstant(ms) : null;
  }
  // Date.parse takes nearly anything ("-1" is 2001): only the forms that servers write are read.
  const day = value.slice(0, 10);
  const zone = /(?:Z|[+-]\d\d:?\d\d)$/.exec(value.slice(10))?.[0] ?? '';
  const time = value.slice(10, value.length - zone.length);
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || !/^(?:|[T ]\d\d:\d\d:\d\d[.\d]*)$/.test(time)) return null;
  const ms = Date.parse(`${day}T${time === '' ? '00:00:00' : time.slice(1)}${zone === '' ? 'Z' : zone}`);
  return plausible(ms) ? toInstant(ms) : null;
};

/** A finite number; null otherwise. */
export const numberOf = (row: TextRow, name: string): number | null => {
  const value = textOf(row, name);
  if (value === null) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
};

/** Text for people, cut where it is long, and saying so. */
export const shortOf = (row: TextRow, name: string, limit = 300): string | null => {
  const value = textOf(row, name);
  return value === null || value.length < limit ? value : `${value.slice(0, limit - 1)}… (cut)`;
};
/** A decimal as exact text: never through a float (38 digits would lose most of theirs). */
export const decimalOf = (row: TextRow, name: string): string | null => {
  const value = textOf(row, name);
  const [whole = '', fraction, ...more] = value?.replace(/^-/, '').split('.') ?? [];
  const digits = /^\d{1,38}$/;
  return more.length === 0 && digits.test(whole) && (fraction === undefined || digits.test(fraction)) ? value : null;
};
/** A whole number that may pass 2^53: as a number where that is exact, else as text. */
export const countOf = (row: TextRow, name: string): number | string | null => {
  const value = textOf(row, name);
  if (value === null || !/^-?\d{1,38}$/.test(value)) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};
/** Texts of a list that was asked as JSON; null when it is absent or none. */
export const listOf = (row: TextRow, name: string): readonly string[] | null => {
  const raw = textOf(row, name);
  const value = raw === null ? null : parseExact(raw);
  if (value === null || !value.ok || !Array.isArray(value.value)) return null;
  return value.value.filter((one): one is string => typeof one === 'string').slice(0, 50);
};
/** A struct that was asked as JSON; empty when it is absent, masked or no object. */
export const objectOf = (row: TextRow, name: string): JsonObject => {
  const raw = textOf(row, name);
  const value = raw === null ? null : parseExact(raw);
  return value !== null && value.ok && isJsonObject(value.value) ? value.value : {};
};

export const later = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null ? b : b === null ? a : a > b ? a : b;
export const earlier = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null ? b : b === null ? a : a < b ? a : b;
/**
 * Never a moment that has not come yet: a row may carry any time, and a window ends after its newest row. For cursors that are
 * moments too: one in the future would pass over what comes until then.
 */
export const notAfter = (at: Instant | null, { clock }: { readonly clock: Clock }): Instant | null =>
  at === null ? null : earlier(at, toInstant(clock.now()));
export const latest = (all: Iterable<Instant | null>): Instant | null => {
  let found: Instant | null = null;
  for (const one of all) found = later(found, one);
  return found;
};
/** The row with the highest of numbers that have as many digits each, which sort as text; null where they are not like that. */
const highest = (rows: readonly TextRow[], name: string): TextRow | null => {
  let found: TextRow | null = null;
  for (const row of rows) {
    const [value, best] = [row[name] ?? '', found?.[name] ?? null];
    if (!/^[1-9]\d+$/.test(value) || (best !== null && best.length !== value.length)) return null;
    if (best === null || value > best) found = row;
  }
  return found;
};
/** The newest moment that rows carry in a column; null where none does. Nearly all pages have microseconds of one length. */
export const newestOf = (rows: readonly TextRow[], name: string): Instant | null => {
  const last = highest(rows, name);
  return (last === null ? null : instantOf(last, name)) ?? latest(rows.map((row) => instantOf(row, name)));
};
export const minus = (instant: Instant, ms: number): Instant => toInstant(fromInstant(instant) - ms);
/** A moment as a TIMESTAMP parameter in a session that runs in UTC. */
export const timestampParameter = (instant: Instant): { readonly type: 'TIMESTAMP'; readonly value: string } => ({
  type: 'TIMESTAMP',
  value: instant.replace('T', ' ').replace('Z', ''),
});

export const results = [
  'succeeded', 'failed', 'cancelled', 'timed-out', 'skipped', 'succeeded-with-failures', 'blocked', 'running', 'unknown',
] as const; // prettier-ignore
export type RunResult = (typeof results)[number];

const spellings: Readonly<Record<string, RunResult>> = {
  SUCCEEDED: 'succeeded', SUCCESS: 'succeeded', COMPLETED: 'succeeded', FINISHED: 'succeeded',
  FAILED: 'failed', ERROR: 'failed', FAILURE: 'failed', INTERNAL_ERROR: 'failed', RUN_EXECUTION_ERROR: 'failed',
  CANCELLED: 'cancelled', CANCELED: 'cancelled', USER_CANCELED: 'cancelled', UPSTREAM_CANCELED: 'cancelled', KILLED: 'cancelled',
  TIMED_OUT: 'timed-out', TIMEDOUT: 'timed-out',
  SKIPPED: 'skipped', EXCLUDED: 'skipped', DISABLED: 'skipped', UPSTREAM_FAILED: 'skipped', MAXIMUM_CONCURRENT_RUNS_REACHED: 'skipped',
  SUCCESS_WITH_FAILURES: 'succeeded-with-failures', BLOCKED: 'blocked', RUNNING: 'running', PENDING: 'running', QUEUED: 'running',
  CREATED: 'running', WAITING_FOR_RESOURCES: 'running', INITIALIZING: 'running', RESETTING: 'running', SETTING_UP_TABLES: 'running', STOPPING: 'running',
  COMPILING: 'running', COMPILED: 'running', STARTED: 'running', SCHEDULED: 'running',
}; // prettier-ignore

/**
 * Sources spell one outcome in several ways (lakeflow, REST, pipelines, query history, MLflow; facts 1.1, 3.1, 3.2, 8): one word
 * for each. The raw spelling stays in the fact.
 */
export const normaliseResult = (raw: string | null): RunResult => {
  if (raw === null) return 'running';
  const plain = spellings[raw];
  if (plain !== undefined && Object.hasOwn(spellings, raw)) return plain;
  const key = raw
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, '_');
  return Object.hasOwn(spellings, key) ? (spellings[key] ?? 'unknown') : 'unknown';
};
/**
 * The same for a column of a table, where no result means that it still runs; `hidden`: the column is missing or masked, so that
 * nothing says whether it does.
 */
export const resultIn = (raw: string | null, hidden: boolean): RunResult =>
  raw === null && hidden ? 'unknown' : normaliseResult(raw);
/** Results that somebody has to look at. */
export const isBadResult = (result: string): boolean => result === 'failed' || result === 'timed-out';

const triggers: Readonly<Record<string, string>> = {
  CRON: 'scheduled', PERIODIC: 'scheduled', ONETIME: 'once', ONE_TIME: 'once', FILE_ARRIVAL: 'file-arrival', TABLE: 'table',
  CONTINUOUS: 'continuous', CONTINUOUS_RESTART: 'continuous', RETRY: 'retry', RUN_JOB_TASK: 'run-job-task',
}; // prettier-ignore

/** What started a run: REST and system tables spell it differently (facts 1.1 and 3.1). A spelling that is not known stays itself. */
export const normaliseTrigger = (raw: string | null): string | null => {
  if (raw === null) return null;
  const key = raw.trim().toUpperCase();
  return Object.hasOwn(triggers, key) ? (triggers[key] ?? raw) : raw;
};
