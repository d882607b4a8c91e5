import { isJsonObject, type JsonObject, type JsonValue } from '../../../shared/base/json.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import { factsPage } from '../../store/lake.ts';
import { tableAsset } from '../assets.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import { tablesIn, type PersonalColumn } from '../personal.ts';
import type { LakeFact } from '../port.ts';
import { minus } from '../rows.ts';
import { said } from '../values.ts';
import { string } from './audit-read.ts';

/** Tables with personal data that one change of rights is told with. */
const mostPersonal = 50;
/** Assets that one change of rights touches at most. */
const mostAssets = 200;
/** Changes of rights that are looked at again when tags are read, newest first: those that a rule still judges. */
const lookedAt = 2_000;
const judgedMs = 40 * 86_400_000;

/** What a change of rights is about, as the audit log names it; empty = it names nothing. */
export const securableOf = (params: JsonObject): string =>
  string(params, 'full_name_arg', 'full_name', 'securable_full_name', 'name', 'jobId', 'job_id') ?? '';

/** A schema or catalog: what a right on it reaches may come to hold personal data later. */
export const holdsTables = (params: JsonValue | undefined): boolean =>
  params !== undefined &&
  isJsonObject(params) &&
  /^(?:schema|catalog)$/i.test(string(params, 'securable_type') ?? '') &&
  securableOf(params) !== '';

/** What is kept in a change of rights of the tables with personal data that it reaches. */
export const personalData = (tables: readonly string[]): JsonObject =>
  tables.length === 0
    ? {}
    : { personal: tables.slice(0, mostPersonal), morePersonal: Math.max(0, tables.length - mostPersonal) };
export const personalAssets = (tables: readonly string[], metastoreId: string): readonly AssetId[] =>
  tables.slice(0, mostPersonal).map((table) => tableAsset(metastoreId, table));

const personalIn = (fact: LakeFact): readonly string[] => {
  const { personal } = fact.data;
  return Array.isArray(personal) ? personal.map(said) : [];
};

/** The fact with these tables as well: what lay open once has lain open, also when it loses its tag. */
const withTables = (fact: LakeFact, tables: readonly string[], metastoreId: string): LakeFact => {
  const all = [...new Set([...personalIn(fact), ...tables])].sort();
  const assets = [...new Set([...personalAssets(all, metastoreId), ...fact.assets])].slice(0, mostAssets);
  const { personal, morePersonal } = personalData(all);
  const more = Math.max(Number(morePersonal ?? 0), Number(fact.data['morePersonal'] ?? 0));
  return {
    ...fact,
    assets,
    data: { ...fact.data, ...(personal === undefined ? {} : { personal, morePersonal: more }) },
  };
};

/** Read again around other assets, or after a tag went, a change of rights touches what it touched before as well. */
export const keepReach = (old: LakeFact, next: LakeFact): LakeFact => {
  const assets = [...new Set([...next.assets, ...old.assets])].slice(0, mostAssets);
  const { metastore } = next.data;
  const both = { ...next, assets };
  return typeof metastore === 'string' && personalIn(old).length > 0
    ? withTables(both, personalIn(old), metastore)
    : both;
};

/**
 * Changes of rights that were read before these tags were known, with the tables that they are now known to reach: whichever of the
 * two comes first, the rule about rights on personal data judges the same in the end.
 */
export const reachedSince = (context: CollectContext, columns: readonly PersonalColumn[]): readonly CollectedFact[] => {
  const { metastoreId, observedAt } = context;
  const facts = factsPage(context.db, {
    assets: null, kinds: ['grant-change'], from: minus(observedAt, judgedMs), to: null, before: null, limit: lookedAt,
  }).map(factOf); // prettier-ignore
  return facts.flatMap((fact): CollectedFact[] => {
    const { parameters, metastore, service } = fact.data;
    if (service !== 'unityCatalog' || metastore !== metastoreId) return [];
    const name = parameters !== undefined && isJsonObject(parameters) ? securableOf(parameters) : '';
    const tables = name === '' ? [] : tablesIn(columns, name);
    // More than are kept are counted only: nothing is missing where those that are kept are full.
    const known = new Set(personalIn(fact));
    if (known.size >= mostPersonal || tables.every((table) => known.has(table))) return [];
    return [
      {
        fact: withTables(fact, tables, metastoreId),
        onlyIfKnown: true,
        merge: (old) => withTables(old, tables, metastoreId),
      },
    ];
  });
};
