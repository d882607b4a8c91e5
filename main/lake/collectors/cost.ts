import type { JsonObject } from '../../../shared/base/json.ts';
import { ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import type { TableColumns } from '../../databricks/probe-columns.ts';
import { dbx, statementKind, type Piece } from '../../databricks/statements.ts';
import { jobAsset, workspaceAsset } from '../assets.ts';
import type { CollectContext, CollectedFact, Collector, Estimate } from '../collector.ts';
import { plus, rounded, times } from '../decimal.ts';
import { labelOf } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { halfOfSums, countRows, pull, without, type Pull } from '../pull.ts';
import { decimalOf, instantOf, later, latest, minus, numberOf, textOf } from '../rows.ts';
import { among, scoped } from '../scope-filter.ts';
import { asText, computed, computedOf, fieldOf } from '../select.ts';
import { readNow, resting, restsUntil } from '../throttle.ts';
import { priceEra } from './cost-era.ts';
import { cutStretch, stretchOf, type Stretch } from './cost-stretch.ts';
import { priceChanges, pricesTable, readPrices, type Price } from './prices.ts';

const kind = statementKind('lake.usage', 'read', 'what jobs, pipelines, endpoints and compute used, summed up');
const countKind = statementKind('lake.usage.count', 'read', 'how many sums of usage there are');
const source = 'system.billing.usage';
const table = { catalog: 'system', schema: 'billing', table: 'usage' };
/** A day is compared with the same weekday of weeks past. */
const weeksBack = 21 * 86_400_000;
/** Usage arrives up to 12 hours late (facts 1.0): asking more often finds little and scans much. */
const everyMs = 3 * 3_600_000;
const restWords = 'Read at most every 3 hours: usage arrives up to 12 hours late.';
export const priceWords = 'list price, not the invoice';

/** To what usage is charged here: the most specific thing that is billed, so that nothing is counted twice. */
const meta = 'usage_metadata';
const ids = [
  ['job', 'job_id'], ['pipeline', 'dlt_pipeline_id'], ['endpoint', 'endpoint_name'], ['warehouse', 'warehouse_id'], ['cluster', 'cluster_id'],
] as const; // prettier-ignore
/** An id that `usage_metadata` lacks is left out; usage then goes to the next thing that is named, or to nothing. */
const charged = (has: TableColumns['has']): Piece | null => {
  const cases = ids.flatMap(([name, field]) => {
    const prefix = { job: dbx`'job|'`, pipeline: dbx`'pipeline|'`, endpoint: dbx`'endpoint|'`, warehouse: dbx`'warehouse|'`, cluster: dbx`'cluster|'` }[name]; // prettier-ignore
    return has(meta, [field]) ? [dbx`concat(${prefix}, ${fieldOf(meta, [field])})`] : [];
  });
  return cases.length === 0 ? null : dbx`coalesce(${cases})`;
};
const chargedFully = charged(() => true) ?? dbx`NULL`;
const fields = ids.map(([, field]) => [field]);
const hourOf = dbx`unix_micros(date_trunc('HOUR', usage_start_time))`;

const groups = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('usage_date', { as: 'day', required: true }),
  asText('sku_name', { as: 'sku', required: true }),
  asText('usage_unit', { as: 'unit', required: true }),
  asText('cloud'),
  asText('billing_origin_product', { as: 'product' }),
  computedOf(meta, 'charged', fields, charged),
];
/** Where a sum stands among the others: by day, then by what it is charged to. */
const placed = (has: TableColumns['has']): Piece | null => {
  const what = charged(has);
  return what === null ? null : dbx`concat(CAST(usage_date AS STRING), ' ', ${what})`;
};
const place = computedOf(meta, 'place', fields, placed);
const hour = computed('usage_start_time', 'hour', hourOf);
const sums = [
  computed('usage_quantity', 'quantity', dbx`sum(usage_quantity)`),
  computed('record_type', 'corrections', dbx`sum(CASE WHEN record_type <> 'ORIGINAL' THEN 1 ELSE 0 END)`),
  computed('usage_end_time', 'newest', dbx`unix_micros(max(usage_end_time))`),
];

/** From which day on usage is summed, as a rule. */
const beginOf = (context: CollectContext): Instant =>
  context.lane === 'pack' ? context.horizon : minus(context.horizon, weeksBack);

/**
 * Sums by day in the background, and by what the price was where `changes` says that any price changed; by hour, of the assets in scope,
 * when a room is packed.
 */
const spec = (context: CollectContext, changes: readonly Instant[]): Pull | null => {
  const packs = context.lane === 'pack';
  const era = packs ? null : priceEra(changes);
  const keys = [...groups, place, ...(packs ? [hour] : []), ...(era === null ? [] : [era.key])];
  const { from } = stretchOf(context);
  const wanted = ids.flatMap(([name]) => scoped(context, name).map((id) => `${name}|${id}`));
  if (packs && wanted.length === 0) return null;
  const of = (value: Piece) => among(meta, value, 'charged', wanted);
  const whole = of(chargedFully);
  const begin = beginOf(context).slice(0, 10);
  // Whole days before the stretch are not scanned again.
  const since = from !== null && from.slice(0, 10) > begin ? from.slice(0, 10) : begin;
  const behind = (at: Piece | null): Piece => dbx`${at ?? dbx`NULL`} >= :place`;
  return {
    kind,
    table,
    wants: [...keys, ...sums],
    where: [
      { needs: 'usage_date', piece: dbx`usage_date >= CAST(:since AS DATE)` },
      ...(context.until === null ? [] : [{ needs: 'usage_date', piece: dbx`usage_date <= CAST(:until AS DATE)` }]),
      { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` },
      {
        needs: meta,
        piece: dbx`${chargedFully} IS NOT NULL`,
        build: (has) => dbx`${charged(has) ?? dbx`NULL`} IS NOT NULL`,
      },
      ...(from === null
        ? []
        : [
            {
              needs: meta,
              piece: behind(placed(() => true)),
              build: (has: TableColumns['has']) => behind(placed(has)),
            },
          ]),
      ...(packs
        ? [{ ...whole.where, build: (has: TableColumns['has']) => of(charged(has) ?? dbx`NULL`).where.piece }]
        : []),
    ],
    parameters: {
      since,
      ...(from === null ? {} : { place: from }),
      ...(context.until === null ? {} : { until: context.until.slice(0, 10) }),
      workspace: context.workspaceId,
      ...(packs ? whole.parameters : {}),
      ...era?.parameters,
    },
    order: 'place',
    cannot: without(['usage_quantity'], 'nothing tells how much was used'),
    groupBy: keys.map(({ as }) => as),
  };
};

const assetOf = (ws: string, text: string): AssetId | null => {
  const [name = '', ...rest] = text.split('|');
  const known = ids.find(([one]) => one === name)?.[0];
  if (known === undefined || rest.length === 0) return null;
  return known === 'job' ? jobAsset(ws, rest.join('|')) : workspaceAsset(known, ws, rest.join('|'));
};

type Sum = {
  readonly row: TextRow;
  readonly asset: AssetId;
  readonly ws: string;
  readonly day: string;
  readonly sku: string;
  readonly unit: string;
  readonly newest: Instant;
  readonly quantity: string;
};
const sumOf = (row: TextRow): Sum | null => {
  const [ws, day, sku, unit] = ['ws', 'day', 'sku', 'unit'].map((name) => textOf(row, name));
  // Where nothing tells until when the usage went, it is complete up to the begin of its day at least.
  const newest = instantOf(row, 'newest') ?? instantOf(row, 'day');
  const [what, quantity] = [textOf(row, 'charged'), decimalOf(row, 'quantity')];
  const asset = !ws || what === null ? null : assetOf(ws, what);
  if (!ws || !day || !sku || !unit || newest === null || quantity === null || asset === null) return null;
  return { row, asset, ws, day, sku, unit, newest, quantity };
};

/** One day of one SKU of one asset; `parts` are its hours, or the day itself. */
const dayFact = (
  parts: readonly [Sum, ...Sum[]],
  price: (sum: Sum) => Price | null,
  context: CollectContext,
): LakeFact => {
  const [first] = parts;
  const last = latest(parts.map(({ newest }) => newest)) ?? first.newest;
  const quantity = parts.map((one) => one.quantity).reduce(plus, '0');
  const priced = parts.map((one) => ({ one, price: price(one) }));
  const currency = priced[0]?.price?.currency ?? null;
  const complete = priced.every((each) => each.price !== null && each.price.currency === currency);
  const amount = complete
    ? priced.map(({ one, price: each }) => times(one.quantity, each?.amount ?? '0')).reduce(plus)
    : null;
  const rates = new Set(priced.map((each) => each.price?.amount ?? ''));
  const hours: JsonObject | null = parts.every(({ row }) => instantOf(row, 'hour') !== null)
    ? Object.fromEntries(
        parts
          .map(({ row, quantity: each }) => [instantOf(row, 'hour')?.slice(11, 16) ?? '', each] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      )
    : null;
  const name = labelOf(context.db, first.asset).name;
  const worth = amount === null ? 'list price not known' : `${rounded(amount)} ${currency ?? ''} at ${priceWords}`;
  return makeFact(context, {
    source,
    kind: 'cost',
    scope: first.ws,
    workspace: first.ws,
    native: [first.asset, first.sku, first.unit, textOf(first.row, 'product') ?? '', first.day].join('/'),
    at: last,
    assets: [first.asset],
    title: `${name} used ${rounded(quantity)} ${first.unit} on ${first.day}: ${worth}`,
    data: {
      day: first.day, sku: first.sku, unit: first.unit, product: textOf(first.row, 'product'), quantity,
      listPrice: rates.size === 1 ? (priced[0]?.price?.amount ?? null) : null, listAmount: amount, currency,
      meaning: priceWords, corrections: parts.reduce((sum, { row }) => sum + (numberOf(row, 'corrections') ?? 0), 0),
      usedUntil: last, hours, quantityBefore: null,
    }, // prettier-ignore
  });
};

/** A sum that was read again replaces the older one: usage is late and is corrected. What it said before stays beside it. */
const replaceDay = (old: LakeFact, next: LakeFact): LakeFact => {
  const same = old.data['quantity'] === next.data['quantity'];
  return {
    ...next,
    data: {
      ...next.data,
      hours: next.data['hours'] ?? (same ? (old.data['hours'] ?? null) : null),
      quantityBefore: same ? (old.data['quantityBefore'] ?? null) : (old.data['quantity'] ?? null),
    },
  };
};

/**
 * Usage and its list price per asset and day (facts 1.1 `billing.usage`, `billing.list_prices`). Always a sum over all record
 * types: a correction is a RETRACTION and a RESTATEMENT beside the ORIGINAL, and arrives with a later ingestion date, so every
 * pull sums the whole window anew. Decimals stay exact text. Covers this workspace; usage without an asset is left out.
 */
export const costCollector: Collector = {
  source,
  label: 'Usage and list prices',
  table,
  meta: {
    when: 'watch',
    features: ['costs of assets', 'jumps in cost as signals'],
    needs: [
      { kind: 'select', table },
      { kind: 'select', table: pricesTable },
    ],
    preview: null,
    latenessMs: 12 * 3_600_000,
    retentionDays: 365,
    restsMs: everyMs,
  },
  collect: async (context) => {
    const rest = { cursor: context.cursor, completeTo: context.completeTo, missingColumns: [] };
    if (spec(context, []) === null) return ok({ ...rest, note: null });
    const until = restsUntil(context, everyMs);
    if (until !== null) return ok(resting(context, source, until, restWords));
    const changes = context.lane === 'pack' ? ok([]) : await priceChanges(context, beginOf(context));
    const asked = spec(context, changes.ok ? changes.value : []);
    if (asked === null) return ok({ ...rest, note: null });
    const found = await pull(context, asked);
    if (!found.ok) return found;
    const { cutOff, full, missingColumns, unasked } = found.value;
    if (typeof unasked === 'string') return ok({ ...rest, missingColumns, note: unasked, partly: true });
    const before = stretchOf(context);
    const { rows, next, stuck } = cutStretch(found.value.rows, full && cutOff === null, before.from);
    const sums = rows.map(sumOf);
    const days = new Map<string, [Sum, ...Sum[]]>();
    for (const sum of sums) {
      if (sum === null) continue;
      const key = [sum.asset, sum.sku, sum.unit, textOf(sum.row, 'product') ?? '', sum.day].join('\n');
      const known = days.get(key);
      if (known === undefined) days.set(key, [sum]);
      else known.push(sum);
    }
    // Without knowing when prices changed, none of a day is known.
    const prices = changes.ok
      ? await readPrices(context, [...new Set(sums.flatMap((sum) => (sum === null ? [] : [sum.sku])))])
      : changes;
    const unreadable = sums.filter((sum) => sum === null).length;
    const facts = [...days.values()].map((parts): CollectedFact => {
      const price = (sum: Sum): Price | null =>
        prices.ok ? prices.value({ sku: sum.sku, cloud: textOf(sum.row, 'cloud'), unit: sum.unit }, sum.newest) : null;
      return { fact: dayFact(parts, price, context), merge: replaceDay };
    });
    const newest = latest(sums.map((sum) => sum?.newest ?? null));
    const lacked =
      before.lacked ||
      stuck ||
      unreadable > 0 ||
      // A field that is missing would have every refresh scan the same days again.
      missingColumns.some((one) => !one.includes('.')) ||
      // Prices that may not be read stay so for a while; ones that did not come are asked for at once again.
      (!prices.ok && prices.error.tag !== 'Forbidden');
    const notes = [
      ...before.notes,
      ...(prices.ok ? [] : [`List prices are not readable: ${prices.error.what}`]),
      ...(unreadable > 0 ? [`${unreadable} sums could not be read.`] : []),
      ...(stuck ? ['More sums of one thing on one day than a pull can hold; what comes after them is left out.'] : []),
    ];
    const told = [...new Set(notes)];
    if (cutOff !== null)
      return ok({
        ...rest,
        cursor: before.from === null ? null : context.cursor,
        missingColumns,
        note: told.join(' ') || null,
        failure: halfOfSums(cutOff),
      });
    if (next !== null) {
      const stretch: Stretch = { from: next, lacked, notes: told };
      const note = [...told, `Read up to ${next.slice(0, 10)} so far; newer days follow.`].join(' ');
      return ok({ ...rest, facts, cursor: JSON.stringify(stretch), missingColumns, note, more: true });
    }
    return ok({
      facts,
      cursor: readNow(context, !lacked),
      completeTo: stuck ? context.completeTo : later(context.completeTo, newest),
      missingColumns,
      note: told.join(' ') || null,
      partly: stuck,
    });
  },
  estimate: async (context): Promise<Result<Estimate, DatabricksFailure>> => {
    const asked = spec(context, []);
    if (asked === null) return ok({ rows: 0, statements: 0, counted: true });
    const rows = await countRows(context, { ...asked, kind: countKind });
    return rows.ok ? ok({ rows: rows.value, statements: 3, counted: true }) : rows;
  },
};
