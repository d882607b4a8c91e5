import type { JsonValue } from '../../../shared/base/json.ts';
import { isJsonObject, parseJson } from '../../../shared/base/json.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import { fullName, type TableName } from '../../databricks/identifiers.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { columnAsset, factId } from '../assets.ts';
import type { CollectContext } from '../collector.ts';
import type { LakeFact } from '../port.ts';
import { usableColumns } from '../select.ts';

const columnsKind = statementKind('lake.columns-at', 'read', 'columns of a table at one of its versions, without rows');

/** One version of a Delta table. */
export type Version = {
  readonly version: number;
  readonly at: Instant;
  readonly operation: string;
  readonly by: string | null;
  readonly job: Readonly<Record<string, JsonValue>>;
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly metrics: Readonly<Record<string, JsonValue>>;
};
/** Name (lower case) → type, in the table's order. */
export type Columns = Readonly<Record<string, string>>;
export type Change = {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  readonly retyped: readonly { readonly name: string; readonly from: string | null; readonly to: string | null }[];
  /** Changed in something else than its type; whether it may be null now, where that is told. */
  readonly redefined?: readonly { readonly name: string; readonly nullable: boolean | null }[];
};

/** Operations that exist to change columns; any other write can do it by schema evolution. */
const altering =
  /^(?:ADD COLUMNS?|RENAME COLUMN|DROP COLUMNS?|CHANGE COLUMNS?|REPLACE COLUMNS|CREATE OR REPLACE TABLE.*|REPLACE TABLE.*|UPDATE SCHEMA|UPGRADE SCHEMA|RESTORE)$/;
/** Questions about old versions per table and refresh. */
const budgetPerTable = 24;

/** Kinds of types that an empty answer names without what is inside. */
const open = /^(?:decimal|array|map|struct)$/;

/**
 * Columns of a table now (`version` null) or at a version; null when that version can no longer be read. Names come from an empty
 * answer, which no cut and no repeated row can change. Where it names a type only by its kind, DESCRIBE QUERY tells the exact one
 * (`decimal(10,2)`, `struct<a:int>`); what it does not tell of every column in the same way is not believed.
 */
export const readColumns = async (
  context: CollectContext,
  table: TableName,
  version: number | null,
): Promise<Columns | null> => {
  const { warehouse } = context.workspace;
  const rows =
    version === null
      ? dbx`SELECT * FROM ${table} LIMIT 0`
      : dbx`SELECT * FROM ${table} VERSION AS OF ${version} LIMIT 0`;
  const empty = await warehouse.query(columnsKind(rows), context.options);
  // Made before its columns are known, as before a first COPY INTO: it has none, which is not the same as being unreadable. Delta
  // has an error class for it; newer releases answer without columns instead.
  if (!empty.ok) return empty.error.errorClass === 'DELTA_READ_TABLE_WITHOUT_COLUMNS' ? {} : null;
  const { columns, types } = empty.value;
  const usable = new Set(usableColumns(columns));
  const kinds = columns.flatMap((name, i): (readonly [string, string])[] =>
    usable.has(name) ? [[name.toLowerCase(), types?.[i] ?? '']] : [],
  );
  if (!kinds.some(([, type]) => open.test(type))) return Object.fromEntries(kinds);
  const told = await warehouse.query(columnsKind(dbx`DESCRIBE QUERY ${rows}`), context.options);
  const exact = new Map(
    (told.ok ? told.value.rows : []).map(
      (row) => [row['col_name']?.toLowerCase() ?? '', row['data_type'] ?? ''] as const,
    ),
  );
  return Object.fromEntries(
    kinds.map(([name, kind]) => {
      const type = exact.get(name) ?? '';
      return [name, open.test(kind) && type !== '' && mayBeSameType(kind, type) ? type : kind];
    }),
  );
};

/** A coarse name says nothing about an exact type of its kind: `decimal` and `decimal(10,2)` may be one type. */
export const mayBeSameType = (a: string, b: string): boolean => {
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return /^[a-z_]*$/.test(short) && (short === '' || long.startsWith(`${short}(`) || long.startsWith(`${short}<`));
};

const same = (a: Columns, b: Columns): boolean => {
  const [x, y] = [Object.entries(a), Object.entries(b)];
  return (
    x.length === y.length && x.every(([name, type]) => Object.hasOwn(b, name) && mayBeSameType(b[name] ?? '', type))
  );
};

/** What differs between two column lists. A rename shows as such only where the history says so. */
export const compare = (
  before: Columns,
  after: Columns,
  renames: readonly { readonly from: string; readonly to: string }[],
): Change => {
  const real = renames.filter(
    (one) => Object.hasOwn(before, one.from) && !Object.hasOwn(after, one.from) && Object.hasOwn(after, one.to),
  );
  const from = new Set(real.map((one) => one.from));
  const to = new Set(real.map((one) => one.to));
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name) && !to.has(name)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name) && !from.has(name)),
    renamed: real,
    retyped: Object.entries(after)
      .filter(([name, type]) => Object.hasOwn(before, name) && !mayBeSameType(before[name] ?? '', type))
      .map(([name, type]) => ({ name, from: before[name] ?? null, to: type })),
  };
};

const text = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;
const parsed = (value: JsonValue | undefined): JsonValue => {
  const found = typeof value === 'string' ? parseJson(value) : null;
  return found !== null && found.ok ? found.value : (value ?? null);
};
const nameIn = (value: JsonValue): string | null => {
  if (typeof value === 'string') return value.toLowerCase();
  if (!isJsonObject(value)) return null;
  const inner = value['column'] ?? value['name'];
  return inner === undefined ? null : nameIn(inner);
};
const namesIn = (value: JsonValue): readonly string[] =>
  (Array.isArray(value) ? (value as readonly JsonValue[]) : [value]).map(nameIn).filter((one) => one !== null);

/** What the operation itself says it changed: enough where old versions cannot be read any more. */
export const changeFromHistory = (version: Version): Change => {
  const none: Change = { added: [], removed: [], renamed: [], retyped: [] };
  const { operation, parameters } = version;
  if (operation.startsWith('ADD COLUMN')) return { ...none, added: namesIn(parsed(parameters['columns'])) };
  if (operation.startsWith('DROP COLUMN')) return { ...none, removed: namesIn(parsed(parameters['columns'])) };
  if (operation === 'RENAME COLUMN') {
    const [from, to] = [text(parameters['oldColumnPath']), text(parameters['newColumnPath'])];
    return from === null || to === null
      ? none
      : { ...none, renamed: [{ from: from.toLowerCase(), to: to.toLowerCase() }] };
  }
  if (operation.startsWith('CHANGE COLUMN')) {
    const column = parsed(parameters['column']);
    const name = nameIn(column);
    const to = isJsonObject(column) && typeof column['type'] === 'string' ? column['type'] : null;
    const nullable = isJsonObject(column) && typeof column['nullable'] === 'boolean' ? column['nullable'] : null;
    return name === null ? none : { ...none, retyped: [{ name, from: null, to }], redefined: [{ name, nullable }] };
  }
  return none;
};

const isEmpty = (change: Change): boolean =>
  change.added.length + change.removed.length + change.renamed.length + change.retyped.length === 0 &&
  (change.redefined ?? []).length === 0;

const inWords = (change: Change): string =>
  [
    ...change.renamed.map((one) => `${one.from} renamed to ${one.to}`),
    ...change.removed.map((name) => `${name} removed`),
    ...change.added.map((name) => `${name} added`),
    ...change.retyped.map(
      (one) =>
        `type of ${one.name} changed${one.from && one.to ? ` from ${one.from} to ${one.to}` : one.to ? ` to ${one.to}` : ''}`,
    ),
    ...(change.redefined ?? []).map(
      ({ name, nullable }) =>
        `${name} redefined${nullable === null ? '' : nullable ? ', it may be null' : ', it may not be null'}`,
    ),
  ].join(', ');

/**
 * What was seen, and what the history adds: where types are known by a coarse name only the history knows better; where both are
 * exact and equal, the column changed in something else (it may no longer be null, or has another comment).
 */
const withTold = (seen: Change, told: Change, before: Columns, after: Columns): Change => {
  if (isEmpty(seen) && told.retyped.length === 0) return told;
  const unseen = told.retyped.filter(({ name }) => !seen.retyped.some((one) => one.name === name));
  const isSame = ({ name, to }: Change['retyped'][number]): boolean =>
    before[name] !== undefined &&
    before[name] === after[name] &&
    mayBeSameType(after[name], to ?? '') &&
    isExact(after[name]);
  return {
    ...seen,
    retyped: [...seen.retyped, ...unseen.filter((one) => !isSame(one))],
    redefined: (told.redefined ?? []).filter(({ name }) => unseen.some((one) => one.name === name && isSame(one))),
  };
};
const isExact = (type: string): boolean => type !== '' && !open.test(type);

export const blindNote = 'Some old versions can no longer be read; their changes are told by the history alone.';

type MakeFact = (asset: AssetId, source: string) => LakeFact;

const changeFact =
  (table: TableName, version: Version, change: Change, context: CollectContext): MakeFact =>
  (asset, source) => {
    const name = fullName(table);
    const touched = [
      ...change.removed,
      ...change.added,
      ...change.renamed.flatMap((one) => [one.from, one.to]),
      ...change.retyped.map((one) => one.name),
      ...(change.redefined ?? []).map((one) => one.name),
    ];
    return {
      id: factId('schema-change', context.metastoreId, `${name}@${version.version}/${version.at}`),
      kind: 'schema-change',
      source,
      workspace: context.workspaceId,
      happenedAt: version.at,
      observedAt: context.observedAt,
      completeTo: null,
      assets: [asset, ...new Set(touched.slice(0, 20).map((column) => columnAsset(context.metastoreId, name, column)))],
      title: `Columns of ${table.table} changed: ${inWords(change)}`,
      data: {
      table: name, version: version.version, operation: version.operation, by: version.by,
      added: change.added, removed: change.removed, renamed: change.renamed, retyped: change.retyped,
      ...((change.redefined ?? []).length === 0 ? {} : { redefined: change.redefined }),
    }, // prettier-ignore
    };
  };

/**
 * Schema changes among new versions (ascending). Operations that exist for it are looked at one by one; between them the column
 * lists of both ends are compared, and where they differ (schema evolution by a write) the version is found by halving.
 */
export const schemaChanges = async (work: {
  readonly table: TableName;
  readonly versions: readonly Version[];
  /** Columns before the first of `versions`, where an earlier refresh saw them. */
  readonly before: Columns | null;
  readonly context: CollectContext;
}): Promise<{
  readonly facts: readonly MakeFact[];
  /** Columns before and after each change; between two changes nothing changed. */
  readonly seen: ReadonlyMap<number, Columns>;
  /** Columns of the newest version, where they were looked at; null = they cannot be read. */
  readonly head: Columns | null | undefined;
  /** Some old versions can no longer be read; their changes are told by the history alone. */
  readonly blind: boolean;
}> => {
  const { table, versions, context } = work;
  const first = versions[0];
  const head = versions.at(-1);
  if (first === undefined || head === undefined) return { facts: [], seen: new Map(), head: undefined, blind: false };
  const byNumber = new Map(versions.map((one) => [one.version, one]));
  const cache = new Map<number, Columns | null>();
  if (work.before !== null) cache.set(first.version - 1, work.before);
  let budget = budgetPerTable;
  let blind = false;
  const at = async (version: number): Promise<Columns | null> => {
    const known = cache.get(version);
    if (known !== undefined) return known;
    if (version < 0 || budget <= 0) return null;
    budget -= 1;
    const columns = await readColumns(context, table, version === head.version ? null : version);
    cache.set(version, columns);
    return columns;
  };
  const facts = new Map<number, MakeFact>();
  const judge = async (version: Version): Promise<void> => {
    const told = changeFromHistory(version);
    const [before, after] = [await at(version.version - 1), await at(version.version)];
    if (before === null || after === null) blind = true;
    const seen = before === null || after === null ? told : compare(before, after, told.renamed);
    const change = before === null || after === null ? { ...told, redefined: [] } : withTold(seen, told, before, after);
    if (!isEmpty(change)) facts.set(version.version, changeFact(table, version, change, context));
  };
  const halve = async (low: number, high: number): Promise<void> => {
    if (high <= low) return;
    const [before, after] = [await at(low), await at(high)];
    if (before === null || after === null || same(before, after)) return;
    const version = byNumber.get(high);
    if (high - low === 1) {
      if (version !== undefined) await judge(version);
      return;
    }
    const middle = Math.floor((low + high) / 2);
    await halve(low, middle);
    await halve(middle, high);
  };
  let from = work.before === null ? first.version : first.version - 1;
  for (const one of versions.filter((version) => altering.test(version.operation))) {
    if (one.version > first.version || work.before !== null) await halve(from, one.version - 1);
    await judge(one);
    from = one.version;
  }
  await halve(from, head.version);
  const around = new Set([...facts.keys()].flatMap((version) => [version - 1, version]));
  const seen = [...cache].flatMap(([version, columns]) =>
    columns === null || !around.has(version) ? [] : [[version, columns] as const],
  );
  return {
    facts: [...facts.values()],
    seen: new Map(seen),
    head: cache.get(head.version),
    blind,
  };
};
