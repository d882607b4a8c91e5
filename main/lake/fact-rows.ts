import { isJsonObject, parseJson, type JsonObject } from '../../shared/base/json.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { factKinds, type FactKind } from '../../shared/domain/vocabulary.ts';
import type { EdgeRow, FactRow } from '../store/lake.ts';
import type { LakeEdge, LakeFact } from './port.ts';

const parsed = (text: string): JsonObject => {
  const value = parseJson(text);
  return value.ok && isJsonObject(value.value) ? value.value : {};
};
const ids = (text: string): readonly AssetId[] => {
  const value = parseJson(text);
  return value.ok && Array.isArray(value.value)
    ? value.value.filter((one): one is AssetId => typeof one === 'string')
    : [];
};
const kindOf = (text: string): FactKind => factKinds.find((kind) => kind === text) ?? 'audit';

/** A stored row as a fact. */
export const factOf = (row: FactRow): LakeFact => ({
  id: row.id as FactId,
  kind: kindOf(row.kind),
  source: row.source,
  workspace: row.workspace,
  region: row.region,
  happenedAt: row.happened,
  observedAt: row.observed,
  completeTo: row.complete_to,
  assets: ids(row.assets),
  title: row.title,
  data: parsed(row.data),
});

/** A fact as it is stored; `told`: what is known of it since it was made. */
export const rowOf = (fact: LakeFact, told: Pick<LakeFact, 'completeTo' | 'region'> = fact): FactRow => ({
  id: fact.id.toWellFormed(),
  kind: fact.kind,
  source: fact.source,
  workspace: fact.workspace,
  region: told.region ?? null,
  happened: fact.happenedAt,
  observed: fact.observedAt,
  complete_to: told.completeTo,
  assets: JSON.stringify(fact.assets),
  title: fact.title.toWellFormed(),
  data: JSON.stringify(fact.data),
});

export const edgeOf = (row: EdgeRow): LakeEdge => ({
  from: row.from_asset as AssetId,
  to: row.to_asset as AssetId,
  source: row.source,
  via: row.via === '' ? null : (row.via as AssetId),
  firstSeen: row.first_seen,
  lastSeen: row.last_seen,
});
