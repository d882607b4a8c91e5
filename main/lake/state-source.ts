import type { JsonObject } from '../../shared/base/json.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import type { TableName } from '../databricks/identifiers.ts';
import type { DatabricksFailure, TextRow } from '../databricks/port.ts';
import type { StatementMaker } from '../databricks/statements.ts';
import { factById } from '../store/lake.ts';
import { factId, tableAsset } from './assets.ts';
import type { CollectContext, CollectedFact, Collector, Estimate, SourceMeta } from './collector.ts';
import { factOf as factOfRow } from './fact-rows.ts';
import type { LakeFact } from './port.ts';
import { namedIn } from './named-in.ts';
import { countRows, pull, type Pull } from './pull.ts';
import { earlier, textOf } from './rows.ts';
import { scoped } from './scope-filter.ts';
import { asText, type Wanted } from './select.ts';
import { said } from './values.ts';
import { visibleTables } from './visible-tables.ts';

/** Tables asked for in one statement: keeps an answer below what one pull holds. */
const chunkSize = 100;
/** Rows of one table that its fact holds; the rest is counted. */
const rowsPerTable = 400;

/** A view of information_schema that says how the tables in scope are now. */
export type StateSource = {
  readonly source: string;
  readonly label: string;
  readonly table: TableName;
  readonly kind: StatementMaker;
  readonly countKind: StatementMaker;
  readonly features: readonly string[];
  readonly preview?: SourceMeta['preview'];
  /** Columns that name what a row is about: catalog; catalog and schema; or catalog, schema and table. */
  readonly names: readonly string[];
  readonly wants: readonly Wanted[];
  readonly fact: {
    readonly kind: Extract<FactKind, 'schema' | 'access' | 'settings'>;
    /** Tells facts of one kind about one table apart. */
    readonly what: string;
    /** One line for people; `name` is the table's last part. */
    readonly title: (name: string, rows: number) => string;
    /** What one row says; null = it can't be read. */
    readonly item: (row: TextRow) => JsonObject | null;
  };
};

/** The first parts of a table's name, as its rows carry them: lower case, joined by dots. A name may hold dots itself. */
const prefix = (name: string, parts: number): string => {
  const [catalog = '', schema = '', ...rest] = name.split('.');
  return [catalog, schema, rest.join('.')].slice(0, parts).join('.');
};

const nameOf = (row: TextRow, parts: number): string | null => {
  const found = Array.from({ length: parts }, (_, i) => textOf(row, `name${i}`));
  return found.includes(null) ? null : found.join('.').toLowerCase();
};

/** Something was known and now there would be nothing: it was taken away, or this user may not see the table any more. */
const isEmptied = (fact: LakeFact, context: CollectContext): boolean => {
  const count = (data: LakeFact['data']): number => (Array.isArray(data['items']) ? data['items'].length : 0);
  const known = factById(context.db, fact.id);
  return known !== undefined && count(fact.data) === 0 && count(factOfRow(known).data) > 0;
};

/**
 * The same state read again stays the fact that it was, seen once more; its `happenedAt` says since when it is known: at the latest since
 * now, also where a clock that was ahead said otherwise.
 */
export const keepState = (old: LakeFact, next: LakeFact): LakeFact =>
  JSON.stringify(old.data) === JSON.stringify(next.data) && old.title === next.title
    ? {
        ...old,
        happenedAt: earlier(old.happenedAt, next.happenedAt) ?? old.happenedAt,
        observedAt: next.observedAt,
        completeTo: next.completeTo,
      }
    : next;

/** How one thing of the metastore is set up, as REST tells it: `native` names the fact within the metastore. */
export const settingsFact = (
  source: string,
  asset: AssetId,
  said: { readonly native: string; readonly title: string; readonly data: JsonObject },
  context: CollectContext,
): CollectedFact => ({
  fact: {
    id: factId('settings', context.metastoreId, said.native),
    kind: 'settings',
    source,
    workspace: context.workspaceId,
    happenedAt: context.observedAt,
    observedAt: context.observedAt,
    completeTo: null,
    assets: [asset],
    title: said.title,
    data: said.data,
  },
  merge: keepState,
});

const placeOf = (item: JsonObject): number => (typeof item['place'] === 'number' ? item['place'] : 0);
/** The same rows say the same, in whatever order they came. */
const inOrder = (items: readonly JsonObject[]): readonly JsonObject[] =>
  items
    .map((item) => ({ item, text: JSON.stringify(item) }))
    .sort((a, b) => placeOf(a.item) - placeOf(b.item) || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ item }) => item);

const chunks = (all: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(all.length / chunkSize) }, (_, i) => all.slice(i * chunkSize, (i + 1) * chunkSize));

/**
 * A collector of one such view: read whole for the tables in scope, when a room is packed. Every table gets a fact, also one
 * without rows: that nothing is there is worth knowing. These views are live and filtered by what the user may see, so there
 * is no cursor, and no moment up to which they would be complete.
 */
export const stateCollector = (spec: StateSource): Collector => {
  const parts = spec.names.length;
  const named = spec.names.map((name, i) => asText(name, { as: `name${i}`, required: true }));
  const pullOf = (tables: readonly string[]): Pull => ({
    kind: spec.kind,
    table: spec.table,
    wants: [...named, ...spec.wants],
    ...namedIn(spec.names, [...new Set(tables.map((name) => prefix(name, parts)))]),
    order: `name${parts - 1}`,
  });
  const inScope = (context: CollectContext): readonly string[] =>
    context.lane === 'pack' ? scoped(context, 'table', 'view').filter((name) => !name.startsWith('system.')) : [];

  const factOf = (name: string, rows: readonly TextRow[], context: CollectContext): CollectedFact | null => {
    const items = inOrder(rows.map(spec.fact.item).filter((item) => item !== null));
    // Rows of which none can be read would look as if there were none.
    if (rows.length > 0 && items.length === 0) return null;
    const fact: LakeFact = {
      id: factId(spec.fact.kind, context.metastoreId, `${name}/${spec.fact.what}`),
      kind: spec.fact.kind,
      source: spec.source,
      workspace: context.workspaceId,
      happenedAt: context.observedAt,
      observedAt: context.observedAt,
      completeTo: null,
      assets: [tableAsset(context.metastoreId, name)],
      title: spec.fact.title(prefix(name, 3).split('.').slice(2).join('.'), items.length),
      data: {
        what: spec.fact.what,
        table: name,
        items: items.slice(0, rowsPerTable),
        more: Math.max(0, items.length - rowsPerTable),
        unread: rows.length - items.length,
      },
    };
    return { fact, merge: keepState };
  };

  return {
    source: spec.source,
    label: spec.label,
    table: spec.table,
    meta: {
      when: 'pack',
      features: spec.features,
      needs: [],
      preview: spec.preview ?? null,
      latenessMs: 0,
      retentionDays: null,
    },
    estimate: async (context): Promise<Result<Estimate, DatabricksFailure>> => {
      let rows = 0;
      const asked = chunks(inScope(context));
      for (const tables of asked) {
        const found = await countRows(context, { ...pullOf(tables), kind: spec.countKind });
        if (!found.ok) return found;
        rows += found.value;
      }
      return ok({ rows, statements: asked.length, counted: true });
    },
    collect: async (context) => {
      const facts: CollectedFact[] = [];
      const missing = new Set<string>();
      const notes = new Set<string>();
      let unreadable = 0;
      let failure: DatabricksFailure | undefined;
      for (const tables of chunks(inScope(context))) {
        const found = await pull(context, pullOf(tables));
        if (!found.ok) return found;
        for (const one of found.value.missingColumns) missing.add(one);
        // Half an answer would look like rights or rules that were taken away: nothing of this chunk is stored.
        if (found.value.cutOff !== null || found.value.full) {
          failure = found.value.cutOff ?? failure;
          if (found.value.full) notes.add('Not complete: some tables have more rows than one answer holds.');
          continue;
        }
        const byName = new Map<string, TextRow[]>();
        let nameless = 0;
        for (const row of found.value.rows) {
          const name = nameOf(row, parts);
          if (name === null) nameless += 1;
          else byName.set(name, [...(byName.get(name) ?? []), row]);
        }
        if (nameless > 0) notes.add(`Not complete: ${nameless} rows do not say what they are about.`);
        const asked = new Set(tables.map((name) => prefix(name, parts)));
        const strange = [...byName.keys()].filter((name) => !asked.has(name)).length;
        if (strange > 0) {
          notes.add(`Not complete: the answer speaks of ${strange} things that were not asked for.`);
          continue;
        }
        const read = tables.map((name) => factOf(name, byName.get(prefix(name, parts)) ?? [], context));
        unreadable += read.filter((one) => one === null).length;
        const made = read.filter((one) => one !== null);
        const emptied = made.filter(({ fact }) => isEmptied(fact, context));
        const visible = await visibleTables(context, emptied.map(({ fact }) => said(fact.data['table']))); // prettier-ignore
        if (!visible.ok) return visible;
        const hidden = emptied.filter(({ fact }) => !visible.value.has(said(fact.data['table'])));
        if (hidden.length > 0)
          notes.add(`Not complete: ${hidden.length} tables cannot be seen any more; what was known of them stays, with its age.`); // prettier-ignore
        facts.push(...made.filter((one) => !hidden.includes(one)));
      }
      if (unreadable > 0) notes.add(`Not complete: of ${unreadable} tables nothing could be read.`);
      return ok({
        facts,
        cursor: context.cursor,
        completeTo: null,
        missingColumns: [...missing],
        note: notes.size === 0 ? null : [...notes].join(' '),
        partly: notes.size > 0,
        ...(failure === undefined ? {} : { failure }),
      });
    },
  };
};
