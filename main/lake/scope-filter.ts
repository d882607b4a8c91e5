import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { column, dbx, marker, type Piece } from '../databricks/statements.ts';
import { carrier } from './assets.ts';
import type { CollectContext } from './collector.ts';
import type { Condition, Parameters } from './pull.ts';
import { fieldOf, type Path } from './select.ts';

/** Ids in one list at most: bounds the statement, above what a walk along lineage reaches (scope.ts); the nearest come first. */
const listLimit = 4_000;

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
export const oneOf = (name: string, parameter: string, ids: readonly string[]): Asked =>
  among(name, column(name), parameter, ids);

/** As `oneOf`, for a value that is made of several columns or a field; `needs` is one of these columns. */
export const among = (needs: string, value: Piece, parameter: string, ids: readonly string[]): Asked => ({
  where: {
    needs,
    piece: dbx`array_contains(from_json(${marker(parameter)}, 'array<string>'), lower(CAST(${value} AS STRING)))`,
  },
  parameters: { [parameter]: JSON.stringify(ids.map((id) => id.toLowerCase())) },
});

/**
 * One of several fields of structs is one of its ids. A field that the table lacks is left out; where it has none of them no row
 * comes, since nothing would bound the question. `needs` is a column that the table has in any case.
 */
export const anyField = (
  needs: string,
  fields: readonly {
    readonly column: string;
    readonly path: Path;
    readonly parameter: string;
    readonly ids: readonly string[];
  }[],
): Asked => {
  const asked = fields.map((one) => ({
    ...one,
    of: among(needs, fieldOf(one.column, one.path), one.parameter, one.ids),
  }));
  const either = (pieces: readonly Piece[]): Piece =>
    pieces.length === 0 ? dbx`FALSE` : dbx`(${pieces.reduce((a, b) => dbx`${a} OR ${b}`)})`;
  return {
    where: {
      needs,
      piece: either(asked.map(({ of }) => of.where.piece)),
      build: (has) => either(asked.filter((one) => has(one.column, one.path)).map(({ of }) => of.where.piece)),
    },
    parameters: Object.assign({}, ...asked.map(({ of }) => of.parameters)) as Parameters,
  };
};

/** One of two columns is one of these ids: either end of something. One that is missing is left out; without both no row comes. */
export const eitherOf = (first: string, second: string, parameter: string, ids: readonly string[]): Asked => {
  const [one, other] = [oneOf(first, parameter, ids), oneOf(second, parameter, ids)];
  const both = dbx`(${one.where.piece} OR ${other.where.piece})`;
  return {
    where: {
      needs: null,
      piece: both,
      build: (has) => {
        if (has(first)) return has(second) ? both : one.where.piece;
        return has(second) ? other.where.piece : dbx`FALSE`;
      },
    },
    parameters: one.parameters,
  };
};
type Asked = { readonly where: Condition; readonly parameters: Parameters };
