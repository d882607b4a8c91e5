import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { column, dbx, marker } from '../databricks/statements.ts';
import { carrier } from './assets.ts';
import type { CollectContext } from './collector.ts';
import type { Condition, Parameters } from './pull.ts';

/** Ids in one list at most: bounds the statement; the nearest come first. */
const listLimit = 500;

/** Native ids of the assets in scope that are of these kinds (a task counts as its job, a column as its table), nearest first. */
export const scoped = (context: CollectContext, ...kinds: readonly string[]): readonly string[] => {
  const found = [...context.scope.keys()].flatMap((asset: AssetId) => {
    const parts = assetParts(carrier(asset));
    return kinds.includes(parts.kind) ? [parts.native] : [];
  });
  return [...new Set(found)].slice(0, listLimit);
};

/**
 * `lower(column)` is one of these ids. The list is one parameter of JSON text, so that a name may hold any character and the
 * statement stays the same for every scope.
 */
export const oneOf = (
  name: string,
  parameter: string,
  ids: readonly string[],
): { readonly where: Condition; readonly parameters: Parameters } => ({
  where: {
    needs: name,
    piece: dbx`array_contains(from_json(${marker(parameter)}, 'array<string>'), lower(CAST(${column(name)} AS STRING)))`,
  },
  parameters: { [parameter]: JSON.stringify(ids.map((id) => id.toLowerCase())) },
});

/** One of two columns is one of these ids: either end of something. Both columns must be there. */
export const eitherOf = (
  first: string,
  second: string,
  parameter: string,
  ids: readonly string[],
): { readonly where: Condition; readonly parameters: Parameters } => {
  const [one, other] = [oneOf(first, parameter, ids), oneOf(second, parameter, ids)];
  return {
    where: { needs: second, piece: dbx`(${one.where.piece} OR ${other.where.piece})` },
    parameters: one.parameters,
  };
};
