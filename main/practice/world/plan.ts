import { ensure } from '../../../shared/base/assert.ts';
import type { NewColumn } from '../duck/table.ts';
import { columnsOf, domains, naming, type DomainTemplate, type JobRole, type TableTemplate } from './domains.ts';
import { createRandom, type Random } from './random.ts';

export type Fault = 'line' | 'none' | 'two';
/** Why the line breaks; the seed chooses. */
export type Cause = 'column renamed' | 'units changed' | 'column dropped';
export const causes: readonly Cause[] = ['column renamed', 'units changed', 'column dropped'];

export type PlannedTable = {
  readonly template: TableTemplate;
  readonly parts: readonly [catalog: string, schema: string, name: string];
  readonly full: string;
  readonly columns: readonly NewColumn[];
};
export type PlannedJob = {
  readonly role: JobRole;
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly tasks: readonly string[];
  readonly everySlots: number;
};
export type PlannedModel = {
  readonly parts: readonly [string, string, string];
  readonly full: string;
  readonly owner: string;
  readonly purpose: string;
  readonly versions: readonly { readonly version: number; readonly at: number; readonly runId: string }[];
  readonly aliasMove: {
    readonly alias: string;
    readonly from: number;
    readonly to: number;
    readonly at: number;
    readonly by: string;
  };
};
export type PlannedFault = {
  readonly cause: Cause;
  readonly onset: number;
  /** First slot that writes the new shape. */ readonly slot: number;
  readonly by: string;
  readonly newName: string;
};
export type DomainPlan = {
  readonly template: DomainTemplate;
  readonly title: string;
  readonly tables: ReadonlyMap<string, PlannedTable>;
  readonly jobs: ReadonlyMap<JobRole, PlannedJob>;
  readonly model: PlannedModel;
  readonly fault: PlannedFault | null;
  /** Daily jobs run in slots n with n % 6 === dailySlot. */
  readonly dailySlot: number;
};
export type Plan = {
  readonly seed: number;
  readonly fault: Fault;
  readonly now: number;
  readonly accountId: string;
  readonly metastoreId: string;
  readonly workspaceId: string;
  readonly catalog: string;
  readonly schemas: readonly string[];
  readonly people: readonly string[];
  readonly domains: readonly DomainPlan[];
};

const minute = 60_000;
export const hour = 60 * minute;
/**
 * A slot is one round of the pipeline: every four hours for fourteen days; slot 0 is the newest. It began so long ago that all of it
 * is in the system tables by now, an hour after its end: a new world has its incident at once.
 */
export const slots = 84;
export const slotMs = 4 * hour;
export const slotStart = (plan: Pick<Plan, 'now'>, n: number): number => plan.now - 175 * minute - n * slotMs;

export const tableOf = (domain: DomainPlan, role: string): PlannedTable =>
  ensure(domain.tables.get(role), `templates name the tables of their domain (${role})`);
export const jobOf = (domain: DomainPlan, role: JobRole): PlannedJob =>
  ensure(domain.jobs.get(role), 'each domain has all five jobs');

const tasks: Readonly<Record<JobRole, readonly string[]>> = {
  ingest: ['land'],
  refine: ['clean', 'conform'],
  features: ['build', 'check'],
  forecast: ['score', 'validate', 'publish'],
  report: ['aggregate'],
};
export const jobRoles: readonly JobRole[] = ['ingest', 'refine', 'features', 'forecast', 'report'];

type Shared = {
  readonly random: Random;
  readonly now: number;
  readonly catalog: string;
  readonly schemas: Readonly<Record<string, string>>;
  readonly modelSchema: string;
  readonly people: readonly string[];
};

const planDomain = (s: Shared, template: DomainTemplate, cause: Cause | null): DomainPlan => {
  const { random, now } = s;
  const tables = new Map<string, PlannedTable>();
  for (const t of template.tables) {
    const parts = [s.catalog, s.schemas[t.layer] ?? t.layer, random.pick(t.names)] as const;
    tables.set(t.role, { template: t, parts, full: parts.join('.'), columns: columnsOf(t.columns) });
  }
  const jobs = new Map<JobRole, PlannedJob>(
    jobRoles.map((role) => [
      role,
      {
        role,
        id: random.digits(15),
        name: random.pick(template.jobTitles[role]),
        owner: random.pick(s.people),
        tasks: tasks[role],
        everySlots: role === 'forecast' || role === 'report' ? 6 : 1,
      },
    ]),
  );
  const slot = random.integer(3, 4);
  const onset = slotStart({ now }, slot) - random.integer(12, 95) * minute;
  const modelName = random.pick(template.model.names);
  const count = random.integer(4, 6);
  const moved = onset - random.integer(26 * 60, 44 * 60) * minute;
  const owner = random.pick(s.people);
  return {
    template,
    title: random.pick(template.title),
    tables,
    jobs,
    dailySlot: random.integer(0, 2),
    model: {
      parts: [s.catalog, s.modelSchema, modelName],
      full: `${s.catalog}.${s.modelSchema}.${modelName}`,
      owner,
      purpose: template.model.purpose,
      versions: Array.from({ length: count }, (_, i) => ({
        version: i + 1,
        at: moved - (count - 1 - i) * 9 * 24 * hour - 3 * hour,
        runId: random.hex(32),
      })),
      aliasMove: { alias: 'champion', from: count - 1, to: count, at: moved, by: owner },
    },
    fault:
      cause === null
        ? null
        : { cause, onset, slot, by: random.pick(s.people), newName: random.pick(template.weak.renamed) },
  };
};

/** Everything that the seed decides, before a row is made. The same seed, fault and time give the same plan. */
export const planWorld = (seed: number, fault: Fault, now: number): Plan => {
  const random = createRandom(Math.imul(seed, 2_654_435_761) + 17);
  const schemas = Object.fromEntries(
    Object.entries(naming.schemas).map(([layer, names]) => [layer, random.pick(names)]),
  );
  const modelSchema = random.pick(naming.models);
  const company = random.pick(['norden.example', 'velmarkt.example', 'ostrea.example', 'halden.example']);
  const people = random
    .shuffle(naming.first)
    .slice(0, 6)
    .map((first, i) => `${first}.${random.shuffle(naming.last)[i] ?? 'moreau'}@${company}`);
  const shared: Shared = { random, now, catalog: random.pick(naming.catalogs), schemas, modelSchema, people };
  // Neighbouring seeds have another cause: a drill with "another seed" must not tell the same story.
  const first = causes[Math.abs(seed) % causes.length] ?? 'column renamed';
  const second = causes[(Math.abs(seed) + 1 + random.integer(0, 1)) % causes.length] ?? 'column dropped';
  const ids = { accountId: random.uuid(), metastoreId: random.uuid(), workspaceId: random.digits(16) };
  return {
    seed,
    fault,
    now,
    ...ids,
    catalog: shared.catalog,
    schemas: [...Object.values(schemas), modelSchema],
    people,
    domains: domains.map((template, i) =>
      planDomain(shared, template, fault === 'none' ? null : i === 0 ? first : fault === 'two' ? second : null),
    ),
  };
};
