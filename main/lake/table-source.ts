import { ok, type Result } from '../../shared/base/result.ts';
import type { TableName } from '../databricks/identifiers.ts';
import type { DatabricksFailure, TextRow } from '../databricks/port.ts';
import type { Piece, StatementMaker } from '../databricks/statements.ts';
import { boundTo } from './bound.ts';
import type {
  CollectContext,
  CollectResult,
  Collected,
  CollectedAsset,
  CollectedFact,
  Collector,
  Estimate,
  SourceMeta,
} from './collector.ts';
import type { LakeEdge } from './port.ts';
import { pullStream } from './pull-stream.ts';
import { countRows, progress, pull, tooManyAtOnce, type Cannot, type Condition, type Parameters } from './pull.ts';
import type { Wanted } from './select.ts';

/** What one row says; null = it can't be read, which is counted and told. An empty object = nothing worth keeping. */
export type RowRead = {
  readonly facts?: readonly CollectedFact[];
  readonly edges?: readonly LakeEdge[];
  readonly assets?: readonly CollectedAsset[];
};

/** Whether a column, or a field as `column.field`, is missing or masked: NULL says nothing then, not that there is none. */
export type Lacks = (name: string) => boolean;
export const lacksOf =
  (missingColumns: readonly string[]): Lacks =>
  (name) =>
    missingColumns.some((one) => one === name || one === `${name} (masked)`);

export type TableSource = {
  readonly source: string;
  readonly label: string;
  readonly meta: SourceMeta;
  readonly table: TableName;
  /** Statement kinds: one for the rows, one for how many there are. */
  readonly kind: StatementMaker;
  readonly countKind: StatementMaker;
  readonly wants: readonly Wanted[];
  /** Alias of `wants` by which rows are ordered and the cursor moves: a moment. */
  readonly order: string;
  readonly groupBy?: readonly string[];
  /** A condition on aliases of `wants`, judged after window functions. */
  readonly keep?: Piece;
  readonly cannot?: Cannot;
  /** What of the facts is lost with a column that is missing or masked, by column; follows "Without x,". */
  readonly lost?: Readonly<Record<string, string>>;
  /**
   * Native ids that bound what is asked, where something does: a cursor says nothing about ids that were not asked for, so
   * new ones start it again at the horizon. Empty = nothing is asked.
   */
  readonly bound?: (context: CollectContext) => readonly string[] | null;
  /** What is asked for; null = nothing in scope, nothing is asked. */
  readonly ask: (context: CollectContext) => Asked | null;
  readonly read: (row: TextRow, context: CollectContext, lacks: Lacks) => RowRead | null;
  /** What the rows as a whole cannot say, in words; null = nothing to add. */
  readonly note?: (rows: readonly TextRow[], lacks: Lacks) => string | null;
  /** What a limit of this program leaves out for good, in words: the source is not complete then. Null = nothing. */
  readonly leftOut?: (rows: readonly TextRow[], context: CollectContext, lacks: Lacks) => string | null;
};

type Asked = {
  readonly where: readonly Condition[];
  readonly parameters: Parameters;
  /** In place of the source's own. */
  readonly cannot?: Cannot;
};

const words = (...notes: readonly (string | null | undefined)[]): string | null =>
  notes.filter((note) => typeof note === 'string').join(' ') || null;

const nothing = (context: CollectContext): Collected => ({
  cursor: context.cursor,
  completeTo: context.completeTo,
  missingColumns: [],
  note: null,
});

const keep = (reads: readonly (RowRead | null)[]): Pick<Collected, 'facts' | 'edges' | 'assets'> => {
  const readable = reads.filter((one) => one !== null);
  return {
    facts: readable.flatMap((one) => one.facts ?? []),
    edges: readable.flatMap((one) => one.edges ?? []),
    assets: readable.flatMap((one) => one.assets ?? []),
  };
};
const unreadableIn = (reads: readonly (RowRead | null)[]): number => reads.filter((one) => one === null).length;

/** A collector that reads one table ordered by time: rows in, facts, edges and names out, its estimate by count(*). */
export const tableCollector = (spec: TableSource): Collector => {
  const lostWords = (lacks: Lacks): readonly string[] =>
    Object.entries(spec.lost ?? {}).flatMap(([name, what]) => (lacks(name) ? [`Without ${name}, ${what}.`] : []));
  const pullOf = (asked: Asked) => ({
    kind: spec.kind,
    table: spec.table,
    wants: spec.wants,
    order: spec.order,
    ...(spec.groupBy === undefined ? {} : { groupBy: spec.groupBy }),
    ...(spec.keep === undefined ? {} : { keep: spec.keep }),
    ...(spec.cannot === undefined ? {} : { cannot: spec.cannot }),
    ...asked,
  });
  const collector: Collector = {
    source: spec.source,
    label: spec.label,
    table: spec.table,
    meta: spec.meta,
    collect: async (context) => {
      const asked = spec.ask(context);
      if (asked === null) return ok(nothing(context));
      const found = await pull(context, pullOf(asked));
      if (!found.ok) return found;
      const lacks = lacksOf(found.value.missingColumns);
      const reads = found.value.rows.map((row) => spec.read(row, context, lacks));
      const step = progress(context, found.value, spec.order, unreadableIn(reads));
      const left = spec.leftOut?.(found.value.rows, context, lacks) ?? null;
      const lost = typeof found.value.unasked === 'string' ? [] : lostWords(lacks);
      const note = words(step.note, spec.note?.(found.value.rows, lacks), left, ...lost);
      return ok({ ...step, note, ...keep(reads), partly: left !== null || step.partly === true });
    },
    stream: async function* (context): AsyncGenerator<CollectResult, void, void> {
      const asked = spec.ask(context);
      if (asked === null) return yield ok(nothing(context));
      let [unreadable, seen] = [0, 0];
      const notes = new Set<string>();
      for await (const batch of pullStream(context, pullOf(asked))) {
        if (!batch.ok) return yield batch;
        const { rows, missingColumns, end } = batch.value;
        const lacks = lacksOf(missingColumns);
        const reads = rows.map((row) => spec.read(row, context, lacks));
        unreadable += unreadableIn(reads);
        seen += rows.length;
        // As in `progress`: of rows of which none can be read, nothing is behind the cursor.
        const isLost = seen > 0 && unreadable === seen && end?.full !== true;
        const { cursor, completeTo } = isLost ? context : batch.value;
        const stuck = end?.full === true && context.resumed && cursor === context.cursor;
        const said = spec.note?.(rows, lacks) ?? null;
        if (said !== null) notes.add(said);
        const unasked = end?.unasked ?? null;
        for (const one of unasked === null ? lostWords(lacks) : [unasked]) notes.add(one);
        const left = spec.leftOut?.(rows, context, lacks) ?? null;
        if (left !== null) notes.add(left);
        yield ok({
          ...keep(reads),
          cursor,
          completeTo,
          missingColumns,
          note: words(
            unreadable > 0 ? `${unreadable} rows could not be read.` : null,
            stuck ? tooManyAtOnce : null,
            ...notes,
          ),
          more: end?.full === true && !stuck,
          partly: left !== null || unasked !== null,
          ...(end === null || end.cutOff === null ? {} : { failure: end.cutOff }),
        });
      }
    },
    estimate: async (context): Promise<Result<Estimate, DatabricksFailure>> => {
      const asked = spec.ask(context);
      if (asked === null) return ok({ rows: 0, statements: 0, counted: true });
      const rows = await countRows(context, { ...pullOf(asked), kind: spec.countKind });
      return rows.ok ? ok({ rows: rows.value, statements: 1, counted: true }) : rows;
    },
  };
  return spec.bound === undefined ? collector : boundTo(collector, spec.bound);
};
