import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { DatabricksFailure, RowPage, Statement, TextRow } from '../databricks/port.ts';
import { column, dbx, named, type Piece } from '../databricks/statements.ts';
import { batchRows, streamLimit, type CollectContext } from './collector.ts';
import { askable, cutOff, keysOf, mayHaveChanged, type Pull } from './pull.ts';
import { maskedKeys, maskedName, maskedWords, timeless } from './masked-keys.ts';
import { isMasked, later, latest, newestOf, notAfter } from './rows.ts';
import { announced, maskedColumns } from './select.ts';

/** Number of a row in the answer, from 1: where the numbers go on without a hole, nothing was left out before them. */
const rowColumn = 'bw_row';
/** A large answer may take as long as it needs to arrive; what has arrived is stored meanwhile. */
const streamMs = 30 * 60_000;

/** Some rows of a table, and how far the source is known when they are stored. */
export type Batch = {
  readonly rows: readonly TextRow[];
  readonly missingColumns: readonly string[];
  readonly cursor: Instant | null;
  readonly completeTo: Instant | null;
  /** The last one. `full`: more rows than one statement may bring; `cutOff`: fewer than it announced; `unasked`: as of `pull`, or rows came of which nothing says when. */
  readonly end: {
    readonly full: boolean;
    readonly cutOff: DatabricksFailure | null;
    readonly unasked?: string;
  } | null;
};

/** What a stream has seen so far. */
type Seen = {
  rows: number;
  /** Every row so far carried the number that was expected. */
  whole: boolean;
  newest: Instant | null;
  /** Some moment is masked. */
  dark: boolean;
  announced: number | null;
  readonly missing: Set<string>;
  /** Numbers that came out of order. While all are in order, those up to `rows` have come. */
  readonly odd: Set<string>;
  inOrder: number;
};

/** Takes note of rows, and answers those that have not come before. */
const note = (seen: Seen, page: readonly TextRow[], spec: Pull): readonly TextRow[] => {
  seen.announced ??= announced(page[0]);
  const rows = page.filter((row) => {
    const number = row[rowColumn] ?? '';
    if (number === String(seen.inOrder + 1)) {
      seen.inOrder += 1;
      if (seen.odd.has(number)) return false;
    } else {
      if (Number(number) >= 1 && (Number(number) <= seen.inOrder || seen.odd.has(number))) return false;
      seen.whole = false;
      seen.odd.add(number);
    }
    seen.rows += 1;
    return true;
  });
  seen.newest = later(seen.newest, newestOf(rows, spec.order));
  seen.dark ||= rows.some((row) => isMasked(row[spec.order]));
  for (const name of maskedColumns(rows, spec.wants)) seen.missing.add(name);
  return rows;
};

const statementOf = (spec: Pull, asked: Piece): Statement => {
  const order = column(spec.order);
  const rows = dbx`${asked} ORDER BY ${order} LIMIT ${streamLimit}`;
  const number = named(dbx`row_number() OVER (ORDER BY ${order})`, rowColumn);
  return spec.kind(dbx`SELECT *, ${number} FROM (${rows}) AS asked ORDER BY ${column(rowColumn)}`, spec.parameters);
};

/**
 * Pages of a statement, the next one asked for while the one before is worked on. Never more than two are held. Leaving early
 * ends the statement.
 */
async function* ahead(
  context: CollectContext,
  statement: Statement,
): AsyncGenerator<Result<RowPage, DatabricksFailure>, void, void> {
  const options = { timeoutMs: streamMs, ...context.options };
  const pages = context.workspace.warehouse.pages(statement, options)[Symbol.asyncIterator]();
  let coming = pages.next();
  try {
    for (;;) {
      const page = await coming;
      if (page.done === true) return;
      if (page.value.ok) {
        coming = pages.next();
        // Storing keeps this process busy: a request that has not left by then would wait for it, and the server with it. The driver
        // lets a timer of its own pass before it asks (ThriftOperationBackend.fetchChunk), which is set after the first of these two.
        await context.breathe?.();
        await context.breathe?.();
      }
      yield page.value;
      if (!page.value.ok) return;
    }
  } finally {
    void coming.catch(() => undefined);
    await pages.return?.();
  }
}

const known = (seen: Seen, context: CollectContext): Pick<Batch, 'cursor' | 'completeTo' | 'missingColumns'> => ({
  // A gap or a wrong order: nothing is claimed before all has arrived.
  cursor: seen.whole && !seen.dark ? notAfter(latest([context.cursor, seen.newest]), context) : context.cursor,
  completeTo: seen.whole && !seen.dark ? latest([context.completeTo, seen.newest]) : context.completeTo,
  missingColumns: [...seen.missing],
});

async function* pullOnce(
  context: CollectContext,
  spec: Pull,
): AsyncGenerator<Result<Batch, DatabricksFailure>, void, void> {
  const asked = await askable(context, spec);
  if (!asked.ok) return yield asked;
  const seen: Seen = {
    rows: 0, whole: true, newest: null, dark: false, announced: null, missing: new Set(asked.value.selection.missing), odd: new Set(), inOrder: 0,
  }; // prettier-ignore
  const { unasked } = asked.value;
  if (unasked !== null)
    return yield ok({ rows: [], ...known(seen, context), end: { full: false, cutOff: null, unasked } });
  for await (const page of ahead(context, statementOf(spec, asked.value.rows))) {
    if (!page.ok) return yield page;
    const { rows: left } = page.value;
    while (left.length > 0) {
      // Taken out, not looked at: rows that are stored are let go at once, not when their page has come to its end.
      const rows = note(seen, left.splice(0, batchRows), spec);
      yield ok({ rows, ...known(seen, context), end: null });
    }
  }
  const short = seen.rows < Math.min(seen.announced ?? 0, streamLimit);
  const all = { ...seen, whole: !short };
  const masked =
    seen.rows === 0 && !short ? await maskedKeys(context, keysOf(spec), asked.value.selection.missing) : [];
  for (const name of masked) seen.missing.add(maskedName(name));
  const isDark = seen.dark || (seen.rows > 0 && seen.newest === null);
  const said = masked.length > 0 ? maskedWords(masked) : isDark ? timeless : null;
  const end = {
    full: seen.rows >= streamLimit && !isDark,
    cutOff: short ? cutOff(spec.table) : null,
    ...(said === null ? {} : { unasked: said }),
  };
  // As in `progress`: a full answer that ends within what is read again is followed by the next one from there.
  yield ok({ rows: [], ...known(all, context), ...(end.full ? { cursor: seen.newest } : {}), end });
}

/**
 * Read a table like `pull`, in batches as they arrive. The cursor of a batch covers what came up to it and no more; of an
 * answer that was cut off it goes back to where the pull began. Ends with a batch that has an `end`, or with an Err.
 */
export async function* pullStream(
  context: CollectContext,
  spec: Pull,
): AsyncGenerator<Result<Batch, DatabricksFailure>, void, void> {
  let began = false;
  for await (const batch of pullOnce(context, spec)) {
    if (batch.ok) {
      began = true;
      yield batch;
    } else if (began || !mayHaveChanged(context, spec.table, batch.error)) return yield err(batch.error);
    else return yield* pullOnce(context, spec);
  }
}
