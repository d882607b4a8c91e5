import { err, ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { factById } from '../../store/lake.ts';
import { columnAsset, factId, tableAsset } from '../assets.ts';
import type { CollectContext, CollectedFact, Collector } from '../collector.ts';
import { personalColumns, type PersonalColumn } from '../personal.ts';
import type { LakeFact } from '../port.ts';
import { pull } from '../pull.ts';
import { earlier, instantOf, minus, textOf, timestampParameter } from '../rows.ts';
import { among } from '../scope-filter.ts';
import { computed } from '../select.ts';
import { readNow, resting, restsUntil } from '../throttle.ts';
import { columnEnds, withoutEnds } from './column-lineage.ts';
import { noneTagged, readBehind } from './personal-columns.ts';
import { visibleTables } from '../visible-tables.ts';
import { seen } from './lineage.ts';

const kind = statementKind('lake.personal-flows', 'read', 'into which columns personal data flows');
const reachKind = statementKind('lake.column-lineage-reach', 'read', 'how far back lineage of columns reaches');
const source = 'system.access.column_lineage/personal';
const table = { catalog: 'system', schema: 'access', table: 'column_lineage' };
const everyMs = 3_600_000;
const day = 86_400_000;
/** So far back it is looked for: what runs once a month is nothing new each time. */
const lookBackMs = 45 * day;
/** A flow that was first seen within this time is news; lineage must reach further back than that, else all would be. */
const newsMs = 7 * day;

type Flow = {
  readonly from: PersonalColumn;
  readonly table: string;
  readonly column: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
};

const since = (context: CollectContext) => {
  const at = minus(context.observedAt, lookBackMs);
  return {
    where: [
      { needs: 'event_time', piece: dbx`event_time >= :since` },
      { needs: 'event_date', piece: dbx`event_date >= CAST(:day AS DATE)` },
    ],
    parameters: { since: timestampParameter(at), day: at.slice(0, 10) },
  };
};

/** The oldest moment that lineage of columns tells of, within the time that is looked at; null = it tells nothing. */
const reachOf = async (context: CollectContext): Promise<Result<Instant | null, DatabricksFailure>> => {
  const found = await pull(context, {
    kind: reachKind,
    table,
    wants: [computed('event_time', 'oldest', dbx`unix_micros(min(event_time))`)],
    ...since(context),
    order: 'oldest',
  });
  return found.ok ? ok(instantOf(found.value.rows[0] ?? {}, 'oldest')) : found;
};

const flowOf = (row: TextRow, personal: ReadonlyMap<string, PersonalColumn>): Flow | null => {
  const [from, col, to, into] = ['source_name', 'source_col', 'target_name', 'target_col'].map(
    (name) => textOf(row, name)?.toLowerCase() ?? null,
  );
  const [firstAt, lastAt] = [instantOf(row, 'first_at'), instantOf(row, 'last_at')];
  const found = personal.get(`${from ?? ''}.${col ?? ''}`);
  return found === undefined || !to || !into || firstAt === null || lastAt === null || to === from
    ? null
    : { from: found, table: to, column: into, firstAt, lastAt };
};

const short = (name: string): string => name.split('.').slice(2).join('.');

const factOfFlow = (flow: Flow, tagged: boolean, context: CollectContext): LakeFact => ({
  id: factId(
    'schema-change',
    context.metastoreId,
    `personal/${flow.from.table}.${flow.from.column}/${flow.table}.${flow.column}`,
  ),
  kind: 'schema-change',
  source,
  workspace: context.workspaceId,
  happenedAt: flow.firstAt,
  observedAt: context.observedAt,
  completeTo: null,
  assets: [
    tableAsset(context.metastoreId, flow.table),
    columnAsset(context.metastoreId, flow.table, flow.column),
    columnAsset(context.metastoreId, flow.from.table, flow.from.column),
  ],
  title: `Personal data of ${short(flow.from.table)} (${flow.from.column}) flows into ${flow.column} of ${short(flow.table)} for the first time`,
  data: {
    what: 'personal-flow', table: flow.table, column: flow.column, fromTable: flow.from.table, fromColumn: flow.from.column,
    tag: flow.from.value === null ? flow.from.tag : `${flow.from.tag}=${flow.from.value}`, tagged, lastAt: flow.lastAt,
  },
}); // prettier-ignore

/** It began when it was first seen, also after that has left the time that is looked at. */
const keepFirst = (old: LakeFact, next: LakeFact): LakeFact => ({
  ...next,
  happenedAt: earlier(old.happenedAt, next.happenedAt) ?? next.happenedAt,
});

/**
 * Into which columns data flows, since lately, from columns that are tagged as personal (facts 1.1 `access.column_lineage`,
 * `information_schema.column_tags`), and whether these carry such a tag too. What flowed before is no news and makes no fact; a
 * target that this user cannot see makes none either, since its tags would not be seen.
 */
export const personalFlowsCollector: Collector = {
  source,
  label: 'Flows of personal data',
  table,
  meta: {
    covers: 'region',
    when: 'watch',
    features: ['personal data in a table without such a tag, as signals'],
    needs: [{ kind: 'select', table }],
    preview: null,
    latenessMs: null,
    retentionDays: 365,
    restsMs: everyMs,
  },
  // A packing asks nothing, as below.
  estimate: () => Promise.resolve(ok({ rows: 0, statements: 0, counted: true })),
  collect: async (context) => {
    const same = { cursor: context.cursor, completeTo: context.completeTo, missingColumns: [] };
    const columns = personalColumns(context);
    if (context.lane === 'pack') return ok({ ...same, note: readBehind });
    if (columns.length === 0) return ok({ ...same, note: noneTagged });
    const until = restsUntil(context, everyMs);
    if (until !== null) return ok(resting(context, source, until));
    const names = columns.map(({ table: name, column }) => `${name}.${column}`);
    const asked = among(
      'source_column_name',
      dbx`concat_ws('.', source_table_full_name, source_column_name)`,
      'columns',
      names,
    );
    const time = since(context);
    const found = await pull(context, {
      kind,
      table,
      wants: [...columnEnds, seen('first_at', 'min'), seen('last_at', 'max')],
      where: [
        ...time.where,
        asked.where,
        { needs: 'target_table_full_name', piece: dbx`target_table_full_name IS NOT NULL` },
      ],
      parameters: { ...time.parameters, ...asked.parameters },
      order: 'first_at',
      cannot: withoutEnds('nothing says into which columns personal data flows'),
      groupBy: columnEnds.map(({ as }) => as),
    });
    if (!found.ok) return found;
    if (typeof found.value.unasked === 'string')
      return ok({ ...same, missingColumns: found.value.missingColumns, note: found.value.unasked, partly: true });
    if (found.value.cutOff !== null) return ok({ ...same, note: null, failure: found.value.cutOff });
    const reach = await reachOf(context);
    if (!reach.ok) return err(reach.error);

    const news = minus(context.observedAt, newsMs);
    const isYoung = reach.value === null || reach.value > news;
    const personal = new Map(columns.map((one) => [`${one.table}.${one.column}`, one]));
    const { rows, missingColumns } = found.value;
    const flows = rows.map((row) => flowOf(row, personal)).filter((one) => one !== null);
    const unreadable = rows.filter((row) => ['target_name', 'target_col', 'first_at', 'last_at'].some((name) => textOf(row, name) === null)).length; // prettier-ignore
    const told = flows.filter(
      (one) => (!isYoung && one.firstAt >= news) || factById(context.db, factOfFlow(one, false, context).id) !== undefined,
    ); // prettier-ignore
    const visible = await visibleTables(context, [...new Set(told.map((one) => one.table))]);
    if (!visible.ok) return visible;
    const facts = told
      .filter((one) => visible.value.has(one.table))
      .map((one): CollectedFact => {
        const fact = factOfFlow(one, personal.has(`${one.table}.${one.column}`), context);
        return { fact, merge: keepFirst };
      });
    return ok({
      facts,
      cursor: readNow(context, missingColumns.length === 0 && unreadable === 0 && reach.value !== null),
      completeTo: flows.reduce<Instant | null>((last, one) => (last === null || one.lastAt > last ? one.lastAt : last), context.completeTo), // prettier-ignore
      missingColumns,
      note: isYoung
        ? 'Lineage of columns does not reach a week back yet: nothing can be called new.'
        : facts.length < told.length
          ? `${told.length - facts.length} flows go into tables that this user cannot see.`
          : null,
    });
  },
};
