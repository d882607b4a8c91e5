import { ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import type { CollectContext } from '../collector.ts';
import { pull } from '../pull.ts';
import { decimalOf, instantOf, textOf, timestampParameter } from '../rows.ts';
import { oneOf } from '../scope-filter.ts';
import { asMicros, asText, computedOf, fieldOf, type Path } from '../select.ts';

const kind = statementKind('lake.list-prices', 'read', 'list prices of what was used');
const changesKind = statementKind('lake.list-prices.changes', 'read', 'when list prices changed');
export const pricesTable = { catalog: 'system', schema: 'billing', table: 'list_prices' };
/** The list price that holds, and the older place of it. */
const amounts: readonly Path[] = [['effective_list', 'default'], ['default']];

/**
 * When any list price began or ended since a moment, oldest first: between two of these no price changes.
 */
export const priceChanges = async (
  context: CollectContext,
  since: Instant,
): Promise<Result<readonly Instant[], DatabricksFailure>> => {
  const found = await pull(context, {
    kind: changesKind,
    table: pricesTable,
    wants: [asMicros('price_start_time', { as: 'since', required: true }), asMicros('price_end_time', { as: 'until' })],
    where: [
      {
        needs: 'price_start_time',
        piece: dbx`(price_start_time >= :since OR price_end_time >= :since)`,
        build: (has) =>
          has('price_end_time')
            ? dbx`(price_start_time >= :since OR price_end_time >= :since)`
            : dbx`price_start_time >= :since`,
      },
    ],
    parameters: { since: timestampParameter(since) },
    order: 'since',
    groupBy: ['since', 'until'],
  });
  if (!found.ok) return found;
  const moments = found.value.rows.flatMap((row) => [instantOf(row, 'since'), instantOf(row, 'until')]);
  return ok([...new Set(moments.filter((one) => one !== null && one > since))].flatMap((one) => one ?? []).toSorted());
};

export type Price = { readonly amount: string; readonly currency: string };
export type Use = { readonly sku: string; readonly cloud: string | null; readonly unit: string };
export type Prices = (use: Use, at: Instant) => Price | null;

/**
 * List prices of these SKUs (facts 1.1 `billing.list_prices`): a price holds from its start to before its end, an open end means
 * until now. Not the invoice: discounts and commitments are not known here.
 */
export const readPrices = async (
  context: CollectContext,
  skus: readonly string[],
): Promise<Result<Prices, DatabricksFailure>> => {
  const of = oneOf('sku_name', 'skus', skus);
  const found = await pull(context, {
    kind,
    table: pricesTable,
    wants: [
      asText('sku_name', { as: 'sku', required: true }),
      asText('cloud'),
      asText('usage_unit', { as: 'unit', required: true }),
      asText('currency_code', { as: 'currency' }),
      asMicros('price_start_time', { as: 'since', required: true }),
      asMicros('price_end_time', { as: 'until' }),
      computedOf('pricing', 'price', amounts, (has) => {
        const there = amounts.filter((path) => has('pricing', path)).map((path) => fieldOf('pricing', path));
        return there.length === 0 ? null : dbx`coalesce(${there})`;
      }),
    ],
    where: [of.where],
    parameters: of.parameters,
    order: 'since',
  });
  if (!found.ok) return found;
  const rows = found.value.rows.flatMap((row) => {
    const [sku, unit, since, price] = [
      textOf(row, 'sku'),
      textOf(row, 'unit'),
      instantOf(row, 'since'),
      decimalOf(row, 'price'),
    ];
    if (sku === null || unit === null || since === null || price === null) return [];
    const [cloud, until, currency] = [textOf(row, 'cloud'), instantOf(row, 'until'), textOf(row, 'currency') ?? 'USD'];
    return [{ sku, unit, cloud, since, until, price, currency }];
  });
  return ok((use, at) => {
    const one = rows.findLast(
      (row) =>
        row.sku === use.sku && row.unit === use.unit && (use.cloud === null || row.cloud === null || row.cloud === use.cloud) &&
        row.since <= at && (row.until === null || at < row.until),
    ); // prettier-ignore
    return one === undefined ? null : { amount: one.price, currency: one.currency };
  });
};
