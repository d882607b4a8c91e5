import { isJsonObject, parseJson, type JsonValue } from '../../../shared/base/json.ts';
import { ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import { fullName, type TableName } from '../../databricks/identifiers.ts';
import { databricksFailure } from '../../databricks/failures.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { factId, tableAsset, tableOfAsset } from '../assets.ts';
import type { CollectContext, CollectedFact, Collector } from '../collector.ts';
import { cursorObject } from '../cursor.ts';
import { lastName, nextTurn, someOf } from '../turns.ts';
import type { LakeFact } from '../port.ts';
import { instantOf, later, textOf } from '../rows.ts';
import { isMadeAnew, madeAnew, replacedBy } from './history-anew.ts';
import { estimateHistory, usualVersions, versionLimit, type Cursors, type Seen } from './history-estimate.ts';
import { schemaAt } from './schema-at.ts';
import { blindNote, readColumns, schemaChanges, type Columns, type Version } from './schema-changes.ts';

const historyKind = statementKind('lake.table-history', 'read', 'versions of a table in scope');
const source = 'delta.history';
/** Tables per pull; more of them take turns. */
const maxTables = 60;

const readCursors = (cursor: string | null): Cursors => cursorObject(cursor) as unknown as Cursors;

const json = (text: string | null): Readonly<Record<string, JsonValue>> => {
  const value = text === null ? null : parseJson(text);
  return value !== null && value.ok && isJsonObject(value.value) ? value.value : {};
};

/**
 * A row of DESCRIBE HISTORY, whose columns differ by runtime: only version, time and operation are needed. That its maps and structs
 * arrive as JSON is documented nowhere (check open.history-parameters); what is none costs parameters and metrics only.
 */
const versionOf = (row: TextRow): Version | null => {
  const lower = Object.fromEntries(Object.entries(row).map(([key, value]) => [key.toLowerCase(), value]));
  const version = Number(textOf(lower, 'version'));
  const at = instantOf(lower, 'timestamp');
  const operation = textOf(lower, 'operation');
  if (
    textOf(lower, 'version') === null ||
    !Number.isSafeInteger(version) ||
    version < 0 ||
    at === null ||
    operation === null
  )
    return null;
  return {
    version,
    at,
    operation: operation.toUpperCase(),
    by: textOf(lower, 'username'),
    job: json(textOf(lower, 'job')),
    parameters: json(textOf(lower, 'operationparameters')),
    metrics: json(textOf(lower, 'operationmetrics')),
  };
};

/** Parameters that say what was done; predicates and statements stay out, they can hold data. */
const keptParameters = new Set(['mode', 'columns', 'column', 'oldColumnPath', 'newColumnPath', 'version', 'timestamp', 'properties']); // prettier-ignore
const keptMetrics = new Set(['numOutputRows', 'numTargetRowsInserted', 'numTargetRowsUpdated', 'numTargetRowsDeleted', 'numDeletedRows', 'numUpdatedRows', 'numFiles']); // prettier-ignore
const kept = (all: Readonly<Record<string, JsonValue>>, keys: ReadonlySet<string>): Record<string, JsonValue> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => keys.has(key)));

const rowsWritten = (version: Version): string => {
  const count = version.metrics['numOutputRows'] ?? version.metrics['numTargetRowsInserted'];
  return typeof count === 'string' || typeof count === 'number' ? `, ${String(count)} rows` : '';
};

const versionFact = (version: Version, table: TableName, asset: AssetId, context: CollectContext): LakeFact => ({
  id: factId('table-version', context.metastoreId, `${fullName(table)}@${version.version}/${version.at}`),
  kind: 'table-version',
  source,
  workspace: context.workspaceId,
  happenedAt: version.at,
  observedAt: context.observedAt,
  completeTo: null,
  assets: [asset],
  title: `Version ${version.version} of ${table.table}: ${version.operation.toLowerCase()}${rowsWritten(version)}`,
  data: {
    table: fullName(table), version: version.version, operation: version.operation, by: version.by,
    job: typeof version.job['jobId'] === 'string' ? version.job['jobId'] : null,
    parameters: kept(version.parameters, keptParameters), metrics: kept(version.metrics, keptMetrics),
  }, // prettier-ignore
});

type OfTable = {
  readonly facts: readonly CollectedFact[];
  readonly seen: Seen | undefined;
  readonly newest: Instant | null;
  /** Some of its old versions can no longer be read. */
  readonly blind: boolean;
  readonly unreadable: number;
  readonly cutOff: boolean;
};

/**
 * DESCRIBE HISTORY does not say how many versions there are, but they count up by one: an answer with room for more that begins
 * neither where the last one ended, nor at version 0, nor before the window, was cut off. The version where it began, or null.
 * The same beginning twice means that the workspace keeps no older versions.
 */
const shortAt = (all: readonly Version[], asked: number, seen: Seen | undefined, horizon: Instant): number | null => {
  const [oldest] = all;
  if (oldest === undefined || all.length >= asked || oldest.at < horizon || oldest.version === seen?.short) return null;
  const after = seen?.version ?? -1;
  return oldest.version > after + 1 ? oldest.version : null;
};

const cutOff = (table: string): DatabricksFailure =>
  databricksFailure('BadAnswer', {
    detail: `Older versions of ${table} are missing in the answer.`,
    advice: 'It is read again at the next refresh; what arrived is kept.',
    code: 'CUT_OFF',
  });

const readTable = async (
  table: TableName,
  asset: AssetId,
  seen: Seen | undefined,
  context: CollectContext,
): Promise<Result<OfTable | null, DatabricksFailure>> => {
  const ask = (limit: number) =>
    context.workspace.warehouse.query(historyKind(dbx`DESCRIBE HISTORY ${table} LIMIT ${limit}`), context.options);
  const reaches = (rows: readonly TextRow[]): boolean =>
    rows.length < usualVersions ||
    rows.some((row) => {
      const version = versionOf(row);
      return version?.version === seen?.version && (seen?.at === undefined || version?.at === seen.at);
    });
  const few = seen === undefined ? null : await ask(usualVersions);
  const enough = few !== null && (!few.ok || reaches(few.value.rows));
  const found = enough ? few : await ask(versionLimit);
  if (!found.ok) return found;
  const byNumber = new Map<number, Version>();
  let unreadable = 0;
  for (const row of found.value.rows) {
    const version = versionOf(row);
    if (version === null) unreadable += 1;
    else byNumber.set(version.version, version);
  }
  const all = [...byNumber.values()].sort((a, b) => a.version - b.version);
  const versions = all.filter(({ at }) => at >= context.horizon);
  const head = versions.at(-1);
  if (head === undefined)
    return ok(unreadable === 0 ? null : { facts: [], seen, newest: null, blind: false, unreadable, cutOff: false });
  // After DROP and CREATE everything is new again. What is stored of the dropped table stays: ids hold the commit time.
  const gone = seen !== undefined && isMadeAnew(all, seen, unreadable === 0) ? seen : null;
  const known = gone === null ? seen : undefined;
  const fresh = versions.filter((one) => known === undefined || one.version > known.version);
  const [first] = fresh;
  if (first === undefined)
    return ok({
      facts: [],
      seen: known?.version === head.version ? { ...known, at: head.at } : known,
      newest: head.at,
      blind: false,
      unreadable,
      cutOff: false,
    });
  // The columns of the dropped table are what the first version of the new one is compared with.
  const before = first.version === 0 ? (seen?.columns ?? null) : (known?.columns ?? null);
  const changes = await schemaChanges({ table, versions: fresh, before, context });
  const replaced = gone !== null || first.version === 0 ? replacedBy(first, gone, asset, context) : null;
  const facts: readonly CollectedFact[] = [
    ...fresh.map((one) => madeAnew(versionFact(one, table, asset, context), one === first ? replaced : null)),
    ...changes.facts.map((make) => ({ fact: make(asset, source) })),
  ];
  const schemaOf = ([number, columns]: readonly [number, Columns]): readonly CollectedFact[] => {
    const version = byNumber.get(number);
    return version === undefined ? [] : [schemaAt(table, version, columns, source, context)];
  };
  const collected: CollectedFact[] = [...facts, ...[...changes.seen].flatMap(schemaOf)];
  const { blind } = changes;
  const short = shortAt(all, enough ? usualVersions : versionLimit, known, context.horizon);
  // What came is right, but there is more behind it: the next refresh begins where this one did.
  if (short !== null || unreadable > 0)
    return ok({
      facts: collected,
      seen: short === null ? seen : { ...(known ?? { version: -1, columns: null }), short },
      newest: null,
      blind,
      unreadable,
      cutOff: short !== null,
    });
  const columns = changes.head === undefined ? await readColumns(context, table, null) : changes.head;
  // Later versions with the same columns say nothing new: the first one that was seen is enough to compare with.
  const start = (known?.columns ?? null) === null && columns !== null ? schemaOf([head.version, columns]) : [];
  return ok({
    facts: [...collected, ...start],
    seen: { version: head.version, at: head.at, columns },
    newest: head.at,
    blind,
    unreadable,
    cutOff: false,
  });
};

/** Tables in scope that have a history, nearest first. */
const tablesIn = (context: CollectContext): readonly { readonly asset: AssetId; readonly table: TableName }[] =>
  [...context.scope.keys()].flatMap((asset) => {
    const table = tableOfAsset(asset);
    return table === null || table.catalog === 'system' ? [] : [{ asset, table }];
  });

/** Versions and schema changes of the tables in scope. Empty scope: nothing is asked. */
export const historyCollector: Collector = {
  source,
  label: 'Versions of tables',
  meta: {
    when: 'room',
    features: ['versions of tables', 'schema changes', 'comparing a table with its past'],
    needs: [{ kind: 'privilege', privilege: 'SELECT', on: 'the tables in scope' }],
    preview: null,
    latenessMs: 0,
    retentionDays: 30,
  },
  table: null,
  estimate: (context) => estimateHistory(context, tablesIn(context), readCursors(context.cursor)),
  collect: async (context) => {
    const cursors: Record<string, Seen> = { ...readCursors(context.cursor) };
    const turn = nextTurn(context, tablesIn(context), {
      key: ({ table }) => fullName(table),
      limit: maxTables,
      plural: 'tables',
      always: ({ asset }) => context.scope.get(asset) === 0,
    });
    const how = new Map<string, string>();
    const facts: CollectedFact[] = [];
    let completeTo: Instant | null = context.completeTo;
    let failure: DatabricksFailure | undefined;
    let short: DatabricksFailure | undefined;
    for (const one of turn.each) {
      const { asset, table } = one;
      const full = fullName(table);
      how.set(full, 'read');
      const name = tableAsset(context.metastoreId, full);
      const found = await readTable(table, asset, cursors[name], context);
      if (turn.lost(one, found)) continue;
      if (!found.ok) {
        how.set(full, 'refused');
        // A view or a foreign table has no history: that alone is no failure of the source.
        if (found.error.tag === 'Forbidden') failure = found.error;
        continue;
      }
      if (found.value === null) continue;
      facts.push(...found.value.facts);
      if (found.value.seen !== undefined) cursors[name] = found.value.seen;
      if (found.value.newest !== null) completeTo = later(completeTo, found.value.newest);
      how.set(full, `read${found.value.unreadable > 0 ? ' odd' : ''}${found.value.blind ? ' blind' : ''}`);
      if (found.value.cutOff) short = cutOff(table.table);
    }
    const { went, left, step, whole } = turn.ended(how, { cursor: JSON.stringify(cursors), failure: failure ?? short });
    const [refused, odd] = [went('refused').map(lastName), went('odd').map(lastName)];
    const notes = [
      ...(went('blind').length === 0 ? [] : [blindNote]),
      ...(refused.length === 0 ? [] : [`Not readable: ${someOf(refused)}.`]),
      ...(odd.length === 0 ? [] : [`Some versions could not be read: ${someOf(odd)}.`]),
      ...(left === null ? [] : [left]),
    ];
    return ok({
      facts,
      ...step,
      completeTo: whole ? completeTo : context.completeTo,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
    });
  },
};
