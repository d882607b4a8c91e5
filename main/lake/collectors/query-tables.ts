import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import { fromInstant, toInstant, type Instant } from '../../../shared/base/time.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { factsPage } from '../../store/lake.ts';
import { tableAsset } from '../assets.ts';
import type { CollectContext, CollectedFact, Collector } from '../collector.ts';
import { cursorTexts, isDue } from '../cursor.ts';
import { factOf } from '../fact-rows.ts';
import type { LakeFact } from '../port.ts';
import { countRows, pull, withoutAll } from '../pull.ts';
import { later, textOf } from '../rows.ts';
import { oneOf } from '../scope-filter.ts';
import { asText } from '../select.ts';
import { lacksOf, type Lacks } from '../table-source.ts';
import { resting, restsUntil } from '../throttle.ts';
import { said } from '../values.ts';
import { seen } from './lineage.ts';

const kind = statementKind('lake.query-tables', 'read', 'which tables failed and slow statements read and wrote');
const countKind = statementKind('lake.query-tables.count', 'read', 'how many tables failed and slow statements read and wrote'); // prettier-ignore
const table = { catalog: 'system', schema: 'access', table: 'table_lineage' };
const source = 'system.access.table_lineage/statements';

const everyMs = 15 * 60_000;
/** Statements that are looked through, newest first. */
const lookedAt = 5_000;
/** Statements of one question, newest first, and of one refresh. */
const statementsAtOnce = 500;
const statementLimit = 2_000;
/** Lineage is late by an undocumented while (facts 1.0): until this long after its end a statement is asked about every time. */
const settledMs = 86_400_000;
/** After that no answer is final either: as long as they are in the window, all statements are asked about once more this often. */
const allAgainMs = 6 * 3_600_000;
/** Tables of one statement that are kept, in each direction. */
const tableLimit = 50;

const keys = [
  asText('metastore_id', { as: 'ms' }),
  asText('statement_id', { as: 'id', required: true }),
  asText('source_table_full_name', { as: 'source_name' }),
  asText('source_type', { as: 'source_kind' }),
  asText('target_table_full_name', { as: 'target_name' }),
  asText('target_type', { as: 'target_kind' }),
];

const names = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
const both = (a: unknown, b: unknown): readonly string[] => [...new Set([...names(a), ...names(b)])].sort().slice(0, tableLimit); // prettier-ignore

/**
 * A statement together with the tables that another answer named for it: whichever of the two comes first, the same is known in
 * the end. `reads` absent: nobody looked yet; empty: lineage names none so far. `replaced`: what was known before lineage came late.
 */
export const keepTables = (of: LakeFact, other: LakeFact): LakeFact => {
  if ([of, other].every(({ data }) => data['reads'] === undefined && data['writes'] === undefined)) return of;
  const assets = [...of.assets, ...other.assets.filter((asset) => !of.assets.includes(asset))];
  const replaced = [of.data['replaced'], other.data['replaced']]
    .filter((one) => one !== undefined && isJsonObject(one))
    .toSorted((a, b) => (said(a['at']) < said(b['at']) ? 1 : -1))[0];
  return {
    ...of,
    observedAt: later(of.observedAt, other.observedAt) ?? of.observedAt,
    assets: [...assets.filter((asset) => !isTable(asset)), ...assets.filter(isTable).sort()],
    data: {
      ...of.data,
      ...inEither('reads', of, other),
      ...inEither('writes', of, other),
      ...(replaced === undefined ? {} : { replaced }),
    },
  };
};
const isTable = (asset: AssetId): boolean => /^(?:table|view)\|/.test(asset);

/** Nothing where neither was told, which is something else than none. */
const inEither = (end: 'reads' | 'writes', a: LakeFact, b: LakeFact): JsonObject =>
  a.data[end] === undefined && b.data[end] === undefined ? {} : { [end]: [...both(a.data[end], b.data[end])] };

type Tables = { readonly reads: Set<string>; readonly writes: Set<string>; readonly assets: Set<AssetId> };
const tablesOf = (rows: readonly TextRow[], context: CollectContext): ReadonlyMap<string, Tables> => {
  const found = new Map<string, Tables>();
  for (const row of rows) {
    const id = textOf(row, 'id');
    if (id === null) continue;
    const own = found.get(id) ?? { reads: new Set(), writes: new Set(), assets: new Set() };
    found.set(id, own);
    for (const [end, into] of [['source', own.reads], ['target', own.writes]] as const) {
      const name = textOf(row, `${end}_name`);
      if (name === null || into.size >= tableLimit) continue;
      into.add(name.toLowerCase());
      own.assets.add(tableAsset(textOf(row, 'ms') ?? context.metastoreId, name, textOf(row, `${end}_kind`)));
    }
  }
  return found;
}; // prettier-ignore

/** A statement names more tables in one direction than are kept of it. */
const hasMoreTables = (rows: readonly TextRow[]): boolean =>
  ['source_name', 'target_name'].some((end) => {
    const found = new Map<string | null, Set<string>>();
    for (const row of rows) {
      const [id, name] = [textOf(row, 'id'), textOf(row, end)];
      if (name !== null) found.set(id, (found.get(id) ?? new Set()).add(name.toLowerCase()));
    }
    return [...found.values()].some(({ size }) => size > tableLimit);
  });

type Work = { readonly facts: readonly LakeFact[]; readonly leftOut: number; readonly isCut: boolean };

/**
 * Stored statements to ask about, newest first: those that have no tables yet or may still get some, and every `allAgainMs`, or
 * when a person packs the room, all of them.
 */
const statements = (context: CollectContext): Work & { readonly all: boolean } => {
  const isAsked = context.lane === 'pack' && context.options.byItself !== true;
  const all = isAsked || isDue(cursorTexts(context.cursor)['all'], context.clock.now(), allAgainMs);
  const known = factsPage(context.db, {
    assets: null,
    kinds: ['query'],
    from: context.horizon,
    to: context.until,
    before: null,
    limit: lookedAt,
  });
  const due = known
    .map(factOf)
    .filter((fact) => fact.workspace === context.workspaceId && said(fact.data['statement']) !== '')
    .filter((fact) => all || fact.data['reads'] === undefined || !isSettled(fact.happenedAt, context)); // prettier-ignore
  const leftOut = Math.max(0, due.length - statementLimit);
  return { all, facts: due.slice(0, statementLimit), leftOut, isCut: known.length >= lookedAt };
};
const isSettled = (ended: Instant, context: CollectContext): boolean =>
  fromInstant(context.observedAt) - fromInstant(ended) >= settledMs;

const askFor = (context: CollectContext, facts: readonly LakeFact[]) => {
  const ids = facts.map((fact) => said(fact.data['statement']));
  const of = oneOf('statement_id', 'statements', ids);
  const began = facts.map((fact) => said(fact.data['startedAt']) || fact.happenedAt).toSorted()[0] ?? context.horizon;
  return {
    kind,
    table,
    wants: [...keys, seen('last_at', 'max')],
    groupBy: keys.map((key) => key.as),
    order: 'last_at',
    cannot: withoutAll(['source_table_full_name', 'target_table_full_name'], 'lineage names no table'),
    where: [of.where, { needs: 'event_date', piece: dbx`event_date >= CAST(:day AS DATE)` }],
    parameters: { ...of.parameters, day: began.slice(0, 10) },
  };
};

/** What a statement was known to touch when lineage came after it was settled; null = nothing new came, or in time. */
const replacedBy = (fact: LakeFact, own: Tables, context: CollectContext): JsonObject | null => {
  const known = fact.data['reads'] === undefined ? null : new Set([...names(fact.data['reads']), ...names(fact.data['writes'])]); // prettier-ignore
  const isNew = known !== null && [...own.reads, ...own.writes].some((name) => !known.has(name));
  return isNew && isSettled(fact.happenedAt, context)
    ? { source, at: context.observedAt, reads: [...names(fact.data['reads'])], writes: [...names(fact.data['writes'])] }
    : null;
};

/** The statements with what lineage says of them. Not found is no answer while lineage may still be on its way. */
const toldOf = (
  work: readonly LakeFact[],
  rows: readonly TextRow[],
  context: CollectContext,
  whole: boolean,
  lacks: Lacks,
): readonly CollectedFact[] => {
  const tables = tablesOf(rows, context);
  return work.flatMap((fact): CollectedFact[] => {
    const own = tables.get(said(fact.data['statement'])) ?? noTables;
    const isNone = own.reads.size + own.writes.size === 0;
    if (isNone && (fact.data['reads'] !== undefined || !whole || !isSettled(fact.happenedAt, context))) return [];
    const replaced = replacedBy(fact, own, context);
    const told: LakeFact = {
      ...fact,
      observedAt: context.observedAt,
      assets: [...fact.assets, ...own.assets],
      data: {
        ...fact.data,
        ...(lacks('source_table_full_name') ? {} : { reads: [...own.reads] }),
        ...(lacks('target_table_full_name') ? {} : { writes: [...own.writes] }),
        ...(replaced === null ? {} : { replaced }),
      },
    };
    return [{ fact: told, onlyIfKnown: true, merge: keepTables }];
  });
};
const noTables: Tables = { reads: new Set(), writes: new Set(), assets: new Set() };

/**
 * Names the tables that statements read and wrote: query history has no such column, lineage knows the id of the statement (facts
 * 1.0). Asked for by the ids of statements that are stored, so nothing is learnt of ours or of anybody's that are not. Lineage has
 * no column that says when a row arrived, so late rows are only found by asking about the same statements again.
 */
export const queryTablesCollector: Collector = {
  source,
  label: 'Tables of failed and slow statements',
  table,
  meta: {
    when: 'room',
    features: ['failed and slow statements on the tables that they read and wrote'],
    needs: [{ kind: 'select', table }],
    preview: null,
    latenessMs: null,
    retentionDays: 365,
    restsMs: everyMs,
  },
  collect: async (context) => {
    const rest = { cursor: context.cursor, completeTo: null, missingColumns: [], note: null } as const;
    const until = restsUntil(context, everyMs);
    if (until !== null) return ok(resting(context, source, until));
    const { facts: open, leftOut, isCut, all } = statements(context);
    const now = toInstant(context.clock.now());
    const known = cursorTexts(context.cursor)['all'];
    const cursor = JSON.stringify({ read: now, ...(all ? { all: now } : known === undefined ? {} : { all: known }) });
    const facts: CollectedFact[] = [];
    const missing = new Set<string>();
    const unasked = new Set<string>();
    let [crowded, wide] = [false, false];
    for (let from = 0; from < open.length; from += statementsAtOnce) {
      const work = open.slice(from, from + statementsAtOnce);
      const found = await pull(context, askFor(context, work));
      if (!found.ok && facts.length === 0) return found;
      const failure = found.ok ? found.value.cutOff : found.error;
      if (found.ok) {
        crowded ||= found.value.full;
        wide ||= hasMoreTables(found.value.rows);
        for (const name of found.value.missingColumns) missing.add(name);
        if (typeof found.value.unasked === 'string') unasked.add(found.value.unasked);
        const lacks = lacksOf(found.value.missingColumns);
        const hidden = ['source_table_full_name', 'target_table_full_name'].filter(lacks);
        if (hidden.length === 1) unasked.add(`Without ${hidden.join('')}, statements lack the tables of that end.`);
        const isUnsaid = typeof found.value.unasked === 'string';
        const whole = failure === null && !found.value.full && hidden.length === 0 && !isUnsaid;
        facts.push(...toldOf(work, found.value.rows, context, whole, lacks));
      }
      if (failure !== null) return ok({ ...rest, facts, missingColumns: [...missing], failure });
    }
    const notes = [
      ...unasked,
      ...(crowded ? ['More tables than one pull can hold; some statements lack theirs.'] : []),
      ...(leftOut === 0
        ? []
        : [`${leftOut} older statements were not asked about: at most ${statementLimit} at once.`]),
      ...(isCut ? [`Only the newest ${lookedAt} statements were looked through.`] : []),
      ...(wide ? [`Of some statements only ${tableLimit} tables are kept that they read, or wrote.`] : []),
    ];
    return ok({
      ...rest,
      facts,
      cursor,
      missingColumns: [...missing],
      note: notes.length === 0 ? null : notes.join(' '),
      partly: notes.length > 0,
    });
  },
  estimate: async (context) => {
    const open = statements(context).facts.slice(0, statementsAtOnce);
    if (open.length === 0) return ok({ rows: 0, statements: 1, counted: false });
    const rows = await countRows(context, { ...askFor(context, open), kind: countKind });
    return rows.ok ? ok({ rows: rows.value, statements: 1, counted: true }) : rows;
  },
};
