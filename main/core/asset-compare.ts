import type { AssetComparison, AssetSheet } from '../../shared/contract/asset.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { parseDataType, typeText, type DataType } from '../databricks/data-type.ts';
import { mayBeSameType } from '../lake/collectors/schema-changes.ts';
import type { Lake } from '../lake/lake.ts';
import type { LakeFact } from '../lake/port.ts';
import type { ReadableDb } from '../store/port.ts';
import { items, word } from './asset-lines.ts';

type Sources = { readonly lake: Lake; readonly db: ReadableDb };
const factLimit = 500;
const versionLimit = 200;

const versionOf = (fact: LakeFact): number | null => {
  const { version } = fact.data;
  return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : null;
};
const schemas = ({ lake, db }: Sources, assets: readonly AssetId[]): readonly LakeFact[] =>
  lake
    .facts(db, { assets, kinds: ['schema'], limit: factLimit })
    .rows.filter((fact) => fact.data['what'] === 'version' && versionOf(fact) !== null);

/**
 * From when on versions are of the table that is there now: one that was dropped and made anew counts from 0 again, and what is stored
 * of the dropped one would stand under the same numbers.
 */
const ofTheTable = (from: Sources, assets: readonly AssetId[]) => {
  const { rows } = from.lake.facts(from.db, { assets, kinds: ['table-version'], limit: factLimit });
  const first = rows.find(({ data }) => data['replaced'] !== undefined);
  return (fact: LakeFact): boolean => first === undefined || fact.happenedAt >= first.happenedAt;
};

/** Versions whose columns are known: all that the history names, as soon as the columns at one of them were seen. */
export const comparableVersions = (from: Sources, assets: readonly AssetId[]): AssetSheet['versions'] => {
  const isOfIt = ofTheTable(from, assets);
  const known = schemas(from, assets).filter(isOfIt);
  if (known.length === 0) return [];
  const { rows } = from.lake.facts(from.db, { assets, kinds: ['table-version'], limit: factLimit });
  const facts = [...known, ...rows.filter(isOfIt)];
  const found = new Map<number, string>();
  for (const fact of facts) {
    const version = versionOf(fact);
    if (version !== null) found.set(version, fact.happenedAt);
  }
  const versions = [...found].map(([version, at]) => ({ version, at })).sort((a, b) => b.version - a.version);
  return versions.length < 2 ? [] : versions.slice(0, versionLimit);
};

type Columns = ReadonlyMap<string, string>;

/**
 * Columns at a version. They are kept before and after each change, so the newest that is not newer holds; before the first of
 * them nothing changed either, as far back as the history was read.
 */
const columnsAt = (known: readonly LakeFact[], version: number): Columns | null => {
  const sorted = [...known].sort((a, b) => (versionOf(a) ?? 0) - (versionOf(b) ?? 0));
  const fact = sorted.findLast((one) => (versionOf(one) ?? 0) <= version) ?? sorted[0];
  return fact === undefined ? null : new Map(items(fact).map((one) => [word(one['name']), word(one['type'])]));
};

type Row = AssetComparison['rows'][number];

/**
 * What differs inside two types of one column, by path: `address.zip`, and as Delta names them `tags.element`, `prices.key`,
 * `prices.value`. Where a type cannot be read, or is another kind of type altogether, the column itself is the row.
 */
const inside = (name: string, from: DataType, to: DataType): readonly Row[] => {
  if (from.kind === 'array' && to.kind === 'array') return inside(`${name}.element`, from.element, to.element);
  if (from.kind === 'map' && to.kind === 'map')
    return [...inside(`${name}.key`, from.key, to.key), ...inside(`${name}.value`, from.value, to.value)];
  if (from.kind === 'struct' && to.kind === 'struct') {
    const names = [...new Set([...from.fields, ...to.fields].map((one) => one.name))];
    return names.flatMap((field): readonly Row[] => {
      const [a, b] = [from, to].map((type) => type.fields.find((one) => one.name === field)?.type);
      const path = `${name}.${field}`;
      if (a === undefined) return b === undefined ? [] : [{ name: path, from: null, to: typeText(b), change: 'added' }];
      if (b === undefined) return [{ name: path, from: typeText(a), to: null, change: 'removed' }];
      return inside(path, a, b);
    });
  }
  const [a, b] = [typeText(from), typeText(to)];
  return a === b ? [] : [{ name, from: a, to: b, change: 'retyped' }];
};

const compareColumn = (name: string, a: string | null, b: string | null): readonly Row[] => {
  if (a === null) return [{ name, from: null, to: b, change: 'added' }];
  if (b === null) return [{ name, from: a, to: null, change: 'removed' }];
  if (a === b || mayBeSameType(a, b)) return [{ name, from: a, to: b, change: 'same' }];
  const [from, to] = [parseDataType(a), parseDataType(b)];
  const found = from === null || to === null ? [] : inside(name, from, to);
  return found.length === 0 ? [{ name, from: a, to: b, change: 'retyped' }] : found;
};

/** Columns whose types are known at one of the versions by a coarse name only, such as `decimal`. */
const coarse = (before: Columns, after: Columns): readonly string[] =>
  [...before].flatMap(([name, type]) => {
    const other = after.get(name);
    const isCoarse = [type, other ?? ''].some((one) => /^(?:decimal|array|map|struct|)$/.test(one));
    return other !== undefined && isCoarse ? [name] : [];
  });

/**
 * `asset.compare`: columns at two versions, from the cache, by their exact types; a change inside a struct, array or map is named by
 * its path. What the history says of the time between stands beside it.
 */
export const compareVersions = (from: Sources, asked: string, first: number, second: number): AssetComparison => {
  const asset = asked as AssetId;
  const { scope, native } = assetParts(asset);
  const assets = [...new Set([asset, `table|${scope}|${native}` as AssetId])];
  const isOfIt = ofTheTable(from, assets);
  const known = schemas(from, assets).filter(isOfIt);
  const [low, high] = first <= second ? [first, second] : [second, first];
  const [before, after] = [columnsAt(known, first), columnsAt(known, second)];
  if (before === null || after === null)
    return { rows: [], changes: [], note: 'The columns of this table have not been read at any version yet.' };
  const rough = coarse(before, after);
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changes = from.lake
    .facts(from.db, { assets, kinds: ['schema-change'], limit: factLimit })
    .rows.filter((fact) => isOfIt(fact) && (versionOf(fact) ?? -1) > low && (versionOf(fact) ?? -1) <= high);
  return {
    rows: names
      .flatMap((name) => compareColumn(name, before.get(name) ?? null, after.get(name) ?? null))
      .slice(0, factLimit),
    changes: changes.map((fact) => `Version ${versionOf(fact) ?? ''}: ${fact.title}`),
    note:
      rough.length === 0
        ? null
        : `Only the kind of type is known of ${rough.slice(0, 5).join(', ')}${rough.length > 5 ? ' and others' : ''}: what is inside may differ.`,
  };
};
