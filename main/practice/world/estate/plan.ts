import type { Plan } from '../plan.ts';
import { createRandom, type Random } from '../random.ts';
import { endpointOf, withPayloads, type EstateEndpoint } from './serving.ts';

/** What surrounds the lines of business whose story is told by hand: areas of a retail and pricing platform in EMEA. */
const areas: readonly (readonly [area: string, things: string])[] = [
  ['rewards', 'members cards points vouchers visits tiers consents'],
  ['ecommerce', 'sessions carts clicks searches checkouts coupons reviews'],
  ['pricing', 'competitors elasticities markdowns tariffs rules zones rounding'],
  ['assortment', 'products listings planograms brands categories substitutes launches'],
  ['supply', 'purchase_orders deliveries suppliers contracts lead_times pallets claims'],
  ['depots', 'counts movements shrinkage transfers reservations waste expiries'],
  ['stores', 'shifts staff tills queues footfall energy cleaning'],
  ['finance', 'invoices payments ledgers cost_centres budgets taxes refunds'],
  ['marketing', 'campaigns audiences emails banners attributions leaflets sponsors'],
  ['returns', 'parcels reasons inspections credits resales carriers disputes'],
  ['fraud', 'alerts devices chargebacks rings reviews_queue cases blocklists'],
  ['service', 'tickets calls chats agents surveys complaints macros'],
  ['fresh', 'harvests bakes temperatures prices orders_fresh spoilage recipes'],
  ['fleet', 'trucks routes drivers fuel stops tolls repairs'],
];

export type EstateTable = {
  readonly full: string;
  readonly area: string;
  readonly layer: 'bronze' | 'silver' | 'feature' | 'gold';
  /** `name type` by comma. */
  readonly columns: string;
  readonly sources: readonly string[];
  /** The job or the pipeline that writes it. */
  readonly job: string | null;
  readonly pipeline: string | null;
  readonly owner: string;
  readonly personal: boolean;
  /** Rows on a usual day. */
  readonly volume: number;
};
export type EstateJob = {
  readonly id: string;
  readonly name: string;
  readonly area: string;
  readonly kind: 'ingest' | 'refine' | 'features' | 'train' | 'score' | 'report';
  readonly owner: string;
  readonly tasks: readonly string[];
  /** Minute of the day of its start, its usual length in minutes. */
  readonly minute: number;
  readonly length: number;
  readonly weekdays: boolean;
  readonly cluster: string;
};
export type EstatePipeline = Pick<EstateJob, 'id' | 'name' | 'area' | 'owner' | 'minute' | 'length'>;
export type EstateModel = {
  readonly full: string;
  readonly area: string;
  readonly owner: string;
  readonly experiment: string;
  readonly versions: readonly { readonly version: number; readonly run: string; readonly daysAgo: number }[];
  readonly features: string;
  /** Served by an endpoint, at a version of its own: an alias that moves does not redeploy. */
  readonly endpoint: EstateEndpoint | null;
  readonly inference: string | null;
};
export type EstateCluster = {
  readonly id: string;
  readonly name: string;
  readonly area: string;
  readonly owner: string;
};
export type Estate = {
  readonly people: readonly string[];
  readonly tables: readonly EstateTable[];
  readonly jobs: readonly EstateJob[];
  readonly pipelines: readonly EstatePipeline[];
  readonly models: readonly EstateModel[];
  readonly clusters: readonly EstateCluster[];
  readonly warehouses: readonly { readonly id: string; readonly name: string; readonly owner: string }[];
};

/** Columns that say whose data it is: tagged as personal, masked in part. */
export const personalThings: ReadonlySet<string> = new Set([
  'members',
  'staff',
  'tickets',
  'drivers',
  'audiences',
  'consents',
]);
/** Areas with an endpoint for their model. */
const served = 8;
const keyOf = (thing: string): string => `${thing.replace(/s$/, '')}_id`;

type Build = { readonly plan: Plan; readonly random: Random; readonly people: readonly string[] };
type Part = { readonly tables: EstateTable[]; readonly jobs: EstateJob[]; readonly pipelines: EstatePipeline[] };

const planArea = ({ plan, random, people }: Build, area: string, things: readonly string[], cluster: string): Part => {
  const [bronze = '', silver = '', feature = '', gold = ''] = plan.schemas;
  const owners = random.shuffle(people).slice(0, 4);
  const job = (kind: EstateJob['kind'], name: string, minute: number, length: number, tasks: string): EstateJob => ({
    id: random.digits(15),
    name: `${area}-${name}`,
    area,
    kind,
    owner: random.pick(owners),
    tasks: tasks.split(' '),
    minute: minute + random.integer(0, 25),
    length,
    weekdays: kind === 'train',
    cluster,
  });
  const jobs = [
    ...['night', 'morning', 'noon'].map((turn, i) => job('ingest', `intake-${turn}`, 30 + i * 330, 14, 'land check')),
    ...['orders', 'people'].map((part, i) =>
      job('refine', `refine-${part}`, 120 + i * 20, 24, 'clean conform publish'),
    ),
    job('features', 'feature-build', 190, 31, 'build check'),
    job('train', 'model-training', 1_200, 47, 'prepare fit evaluate register'),
    job('score', 'scoring', 255, 22, 'score validate publish'),
    job('report', 'marts', 300, 18, 'aggregate publish'),
    job('report', 'quality-report', 360, 9, 'collect send'),
  ];
  const pipelines = ['flow', 'quality'].map((part) => ({
    id: random.uuid(),
    name: `${area}-${part}-pipeline`,
    area,
    owner: random.pick(owners),
    minute: 95 + random.integer(0, 40),
    length: 17,
  }));
  const by = (kind: EstateJob['kind'], n = 0): string => jobs.filter((j) => j.kind === kind)[n]?.id ?? '';
  const tables: EstateTable[] = [];
  const add = (
    schema: string,
    name: string,
    layer: EstateTable['layer'],
    columns: string,
    sources: string[],
    writer: { job?: string; pipeline?: string },
  ): string => {
    const full = `${plan.catalog}.${schema}.${area}_${name}`;
    const personal = personalThings.has(name);
    tables.push({
      full,
      area,
      layer,
      columns: personal ? `${columns}, email string, birth_date date` : columns,
      sources,
      job: writer.job ?? null,
      pipeline: writer.pipeline ?? null,
      owner: random.pick(owners),
      personal,
      volume: random.integer(2, 90) * (layer === 'bronze' ? 4_000 : layer === 'silver' ? 3_000 : 90),
    });
    return full;
  };
  const raw = things.map((t, i) =>
    add(
      bronze,
      t,
      'bronze',
      `${keyOf(t)} string, country string, amount double, quantity int, recorded_at timestamp, source_file string`,
      [],
      { job: by('ingest', i % 3) },
    ),
  );
  const clean = things.map((t, i) =>
    add(
      silver,
      t,
      'silver',
      `${keyOf(t)} string, country string, amount double, quantity int, recorded_at timestamp`,
      [raw[i] ?? '', ...(i % 3 === 2 ? [raw[i - 1] ?? ''] : [])],
      i % 2 === 0 ? { pipeline: pipelines[i < 4 ? 0 : 1]?.id ?? '' } : { job: by('refine', i % 4 === 1 ? 0 : 1) },
    ),
  );
  const features = add(
    feature,
    'features',
    'feature',
    'entity_id string, amount_7d double, quantity_7d double, active_share double, as_of timestamp',
    clean.slice(0, 3),
    { job: by('features') },
  );
  const scores = add(
    gold,
    'predictions',
    'gold',
    'entity_id string, country string, amount_7d double, prediction double, model_version string, scored_at timestamp',
    [features],
    { job: by('score') },
  );
  const log = add(
    gold,
    'inference_log',
    'gold',
    'request_id string, requested_at timestamp, model_version string, channel string, prediction double, label double, labelled_at timestamp',
    [scores],
    { job: by('score') },
  );
  const daily = add(
    gold,
    'daily',
    'gold',
    'day date, country string, amount double, rows bigint, computed_at timestamp',
    clean.slice(3),
    { job: by('report') },
  );
  add(gold, 'board', 'gold', 'day date, kpi string, value double, computed_at timestamp', [daily, scores], {
    job: by('report'),
  });
  add(gold, 'quality', 'gold', 'table_name string, problems bigint, checked_at timestamp', [daily, log], {
    job: by('report', 1),
  });
  return { tables, jobs, pipelines };
};

/** The estate of a world: a function of its plan. It never touches the two told lines, so their lineage stays their own. */
export const planEstate = (plan: Plan): Estate => {
  const random = createRandom(plan.seed ^ 0x3c6ef372);
  const domain = (plan.people[0] ?? '@example').split('@')[1] ?? 'example';
  const people = [
    ...plan.people,
    ...[
      'olena.baran',
      'piet.claes',
      'rana.darwish',
      'sami.eronen',
      'tove.frost',
      'ugo.greco',
      'vera.horvat',
      'wim.ivens',
    ].map((p) => `${p}@${domain}`),
  ];
  const modelSchema = plan.schemas.at(-1) ?? '';
  const clusters = areas.map(([area]) => ({
    id: `${random.digits(4)}-${random.digits(6)}-${random.hex(8)}`,
    name: `${area}-shared`,
    area,
    owner: random.pick(people),
  }));
  const parts = areas.map(([area, things], i) =>
    planArea({ plan, random, people }, area, things.split(' '), clusters[i]?.id ?? ''),
  );
  const made = parts.flatMap((p) => p.tables);
  const named = (area: string, end: string): string =>
    made.find((t) => t.area === area && t.full.endsWith(end))?.full ?? '';
  const models = areas.flatMap(([area], i) =>
    ['value', ...(i < 4 ? ['risk'] : [])].map((what): EstateModel => {
      const count = random.integer(3, 6);
      const current = count - (i === 5 ? 1 : 0);
      const first = what === 'value';
      return {
        full: `${plan.catalog}.${modelSchema}.${area}_${what}`,
        area,
        owner: random.pick(people),
        experiment: random.digits(16),
        versions: Array.from({ length: count }, (_, n) => ({
          version: n + 1,
          run: random.hex(32),
          daysAgo: (count - n) * 9 + random.integer(0, 4),
        })),
        features: named(area, '_features'),
        endpoint: first && i < served ? endpointOf(plan, random, { area, what, version: current }) : null,
        inference: first ? named(area, '_inference_log') : null,
      };
    }),
  );
  return {
    people,
    tables: withPayloads(made, models),
    jobs: parts.flatMap((p) => p.jobs),
    pipelines: [
      ...parts.flatMap((p) => p.pipelines),
      ...['masterdata', 'archive'].map((name) => ({
        id: random.uuid(),
        name: `${name}-pipeline`,
        area: 'platform',
        owner: random.pick(people),
        minute: 60,
        length: 12,
      })),
    ],
    models,
    clusters,
    warehouses: ['reporting', 'analysts', 'serving'].map((name) => ({
      id: random.hex(16),
      name: `${name}-warehouse`,
      owner: random.pick(people),
    })),
  };
};
