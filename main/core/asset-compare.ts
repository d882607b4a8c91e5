import type { AssetComparison, AssetSheet } from '../../shared/contract/asset.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
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

/** Versions whose columns are known: all that the history names, as soon as the columns at one of them were seen. */
export const comparableVersions = (from: Sources, assets: readonly AssetId[]): AssetSheet['versions'] => {
  const known = schemas(from, assets);
  if (known.length === 0) return [];
  const facts = [...known, ...from.lake.facts(from.db, { assets, kinds: ['table-version'], limit: factLimit }).rows];
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

/** `asset.compare`: columns at two versions, from the cache. Types are coarse; what the history says of them stands beside. */
export const compareVersions = (from: Sources, asked: string, first: number, second: number): AssetComparison => {
  const asset = asked as AssetId;
  const { scope, native } = assetParts(asset);
  const assets = [...new Set([asset, `table|${scope}|${native}` as AssetId])];
  const known = schemas(from, assets);
  const [low, high] = first <= second ? [first, second] : [second, first];
  const [before, after] = [columnsAt(known, first), columnsAt(known, second)];
  if (before === null || after === null)
    return { rows: [], changes: [], note: 'The columns of this table have not been read at any version yet.' };
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const changes = from.lake
    .facts(from.db, { assets, kinds: ['schema-change'], limit: factLimit })
    .rows.filter((fact) => (versionOf(fact) ?? -1) > low && (versionOf(fact) ?? -1) <= high);
  return {
    rows: names.slice(0, factLimit).map((name) => {
      const [a, b] = [before.get(name) ?? null, after.get(name) ?? null];
      return {
        name,
        from: a,
        to: b,
        change: a === null ? 'added' : b === null ? 'removed' : a === b ? 'same' : 'retyped',
      };
    }),
    changes: changes.map((fact) => `Version ${versionOf(fact) ?? ''}: ${fact.title}`),
    note: null,
  };
};
