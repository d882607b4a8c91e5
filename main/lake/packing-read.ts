import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import { packOf, packSources, type PackRow, type PackSourceRow } from '../store/packs.ts';
import type { ReadableDb } from '../store/port.ts';
import type { PackEstimate } from './pack-estimate.ts';
import { packSourceStates, packStates, type Pack, type PackedSource } from './packing-port.ts';

/** What is kept of a packing beside its columns. */
export type Totals = {
  readonly estimate: PackEstimate | null;
  readonly leftOut: number;
  /** Sources that were not in it when it was last complete. */
  readonly missing: readonly string[];
  /** A person asked for the packing that is under way. */
  readonly byHand: boolean;
  /** It was packed like this before: by itself only what is new is fetched, and nothing is counted first. */
  readonly same: boolean;
  readonly released: { readonly at: Instant; readonly removed: number; readonly cited: number } | null;
};
export const noTotals: Totals = { estimate: null, leftOut: 0, missing: [], byHand: false, same: false, released: null };

const object = (text: string): JsonObject => {
  const value = parseJson(text);
  return value.ok && isJsonObject(value.value) ? value.value : {};
};
const whole = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? Math.round(value) : 0);
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

const estimateOf = (value: unknown): PackEstimate | null => {
  if (typeof value !== 'object' || value === null) return null;
  const found = value as Readonly<Record<string, unknown>>;
  const sources = typeof found['sources'] === 'object' && found['sources'] !== null ? found['sources'] : {};
  return {
    rows: whole(found['rows']),
    bytes: whole(found['bytes']),
    statements: whole(found['statements']),
    calls: whole(found['calls']),
    ms: whole(found['ms']),
    uncounted: texts(found['uncounted']),
    sources: Object.fromEntries(Object.entries(sources).map(([source, rows]) => [source, whole(rows)])),
  };
};

const releasedOf = (value: JsonValue | undefined): Totals['released'] => {
  if (value === undefined || !isJsonObject(value)) return null;
  const { at, removed, cited } = value;
  return typeof at === 'string' ? { at, removed: whole(removed), cited: whole(cited) } : null;
};

/** Written and read by this device only; what is not as it should be counts as not there. */
export const totalsOf = (row: Pick<PackRow, 'totals'>): Totals => {
  const { estimate, leftOut, missing, byHand, same, released } = object(row.totals);
  return {
    estimate: estimateOf(estimate),
    leftOut: whole(leftOut),
    missing: texts(missing),
    byHand: byHand === true,
    same: same === true,
    released: releasedOf(released),
  };
};

export const scopeOf = (row: Pick<PackRow, 'scope'>): readonly string[] => {
  const value = parseJson(row.scope);
  return value.ok ? texts(value.value) : [];
};

const sourceOf = (row: PackSourceRow): PackedSource => {
  const missing = parseJson(row.missing);
  return {
    source: row.source,
    workspace: row.workspace,
    state: packSourceStates.find((one) => one === row.state) ?? 'failed',
    completeTo: row.complete_to,
    observedAt: row.observed,
    missingColumns: missing.ok ? texts(missing.value) : [],
    note: row.note,
    rows: row.rows,
    bytes: row.bytes,
    statements: row.statements,
    pages: row.pages,
    expected: row.expected,
    calls: row.calls,
    facts: row.facts,
    links: row.links,
  };
};

const unread = (source: string): PackedSource => ({
  source,
  workspace: '',
  state: 'due',
  completeTo: null,
  observedAt: null,
  missingColumns: [],
  note: null,
  rows: 0,
  bytes: 0,
  statements: 0,
  pages: 0,
  expected: null,
  calls: 0,
  facts: null,
  links: null,
});

/** The packing of a room as it stands on this disk, with every one of `all` sources; null = it was never packed. */
export const readPack = (db: ReadableDb, room: string, all: readonly string[]): Pack | null => {
  const row = packOf(db, room);
  if (row === undefined) return null;
  const { estimate, leftOut, missing, released } = totalsOf(row);
  const read = packSources(db, row.id).map(sourceOf);
  const never = all.filter((source) => !read.some((one) => one.source === source));
  return {
    room,
    state: packStates.find((one) => one === row.state) ?? 'cancelled',
    hops: row.hops,
    reach: row.reach,
    from: row.since,
    to: row.until,
    startedAt: row.started,
    finishedAt: row.finished,
    assets: scopeOf(row).length,
    leftOut,
    missing,
    estimate,
    released,
    note: row.note,
    sources: released === null ? [...read, ...never.map(unread)] : [],
  };
};
