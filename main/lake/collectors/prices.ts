import { ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import type { CollectContext } from '../collector.ts';
import { pull } from '../pull.ts';
import { decimalOf, instantOf, textOf } from '../rows.ts';
import { oneOf } from '../scope-filter.ts';
import { asMicros, asText, computedOf, fieldOf, type Path } from '../select.ts';

const kind = statementKind('lake.list-prices', 'read', 'list prices of what was used');
export const pricesTable = { catalog: 'system', schema: 'billing', table: 'list_prices' };
/** The list price that holds, and the older place of it. */
const amounts: readonly Path[] = [['effective_list', 'default'], ['default']];

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
