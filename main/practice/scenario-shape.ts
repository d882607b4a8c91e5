/** The nine causes that a scenario can inject. */
export const kinds = [
  'schema change', 'late data', 'drift', 'bad feature definition', 'cluster misconfiguration', 'runaway cost', 'wrong grant',
  'personal data in a wrong table', 'model promoted too early',
] as const; // prettier-ignore

/** Something that happened in the area, by its name. */
export type Effect = Readonly<Record<string, Readonly<Record<string, string | number | true>>>>;

export type Scenario = {
  readonly name: string;
  readonly title: string;
  readonly kind: (typeof kinds)[number];
  readonly hoursAgo: number;
  /** An area of the estate, or `any`: the seed picks. */
  readonly area: string;
  readonly cause: readonly Effect[];
  readonly follows: readonly Effect[];
  readonly redHerrings: readonly Effect[];
};

/**
 * Effects and their fields: text, number or yes (true); `?` = may be left out. `thing` counts the things of an area from 0. What
 * fails is jobs of a kind or a pipeline by its part (`flow`); repaired = somebody repaired the runs, and they failed again.
 */
export const effectFields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  schema: { layer: 'text', thing: 'number?', drop: 'text?', add: 'text?' },
  late: { job: 'text', minutes: 'number' },
  slow: { job: 'text', factor: 'number' },
  fails: { job: 'text?', pipeline: 'text?', message: 'text', repaired: 'yes?' },
  drifts: { layer: 'text', column: 'text' },
  labels: { error: 'number' },
  unhealthy: { layer: 'text', thing: 'number', what: 'text' },
  cluster: { workers: 'number', minutes: 'number' },
  scales: { least: 'number', most: 'number' },
  costs: { cluster: 'yes?', endpoint: 'yes?', factor: 'number' },
  edits: { job: 'text' },
  grants: { to: 'text', privilege: 'text', on: 'text' },
  reads: { layer: 'text?', thing: 'number?', by: 'number' },
  flows: { from: 'text', thing: 'number', column: 'text', to: 'text', as: 'text' },
  promotes: { serve: 'yes?', 'alias-only': 'yes?', 'before-hours': 'number?' },
};
