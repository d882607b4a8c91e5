import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lake } from '../duck/lake.ts';
import { quoteText } from '../duck/sql-types.ts';
import { buildWorld, planRuns } from './build.ts';
import { planEstate, type Estate } from './estate/plan.ts';
import type { Scenario } from '../scenario-shape.ts';
import type { Traces } from './estate/tell.ts';
import { monitored, monitorName } from './monitors.ts';
import { planWorld, tableOf, jobOf, type Fault, type Plan } from './plan.ts';
import type { Run } from './runs.ts';

export type { Cause, Fault } from './plan.ts';

/** What the server knows of the world it serves. */
export type World = {
  readonly seed: number;
  readonly fault: Fault;
  readonly catalog: string;
  readonly workspaceId: string;
  readonly metastoreId: string;
  readonly defaultUser: string;
  readonly plan: Plan;
  /** What surrounds the told lines; null in a small world of tests and drills. */
  readonly estate: Estate | null;
  readonly scenarios: readonly Scenario[];
};

/** What really happened: kept in a file beside the database, never served. For tests and for the review of a drill. */
export type GroundTruth = {
  readonly seed: number;
  readonly fault: Fault;
  readonly generatedAt: number;
  readonly catalog: string;
  readonly incidents: readonly {
    readonly domain: string;
    readonly title: string;
    readonly cause: string;
    /** Epoch ms. */
    readonly onset: number;
    readonly by: string;
    readonly changedTable: string;
    readonly changedColumn: string;
    readonly silverTable: string;
    readonly featureTable: string;
    readonly failedJob: { readonly id: string; readonly name: string };
    readonly failedRuns: readonly string[];
    readonly model: string;
    readonly driftTables: readonly string[];
    readonly driftColumns: readonly string[];
    readonly forecastTable: string;
    readonly redHerring: {
      readonly model: string;
      readonly alias: string;
      readonly from: number;
      readonly to: number;
      readonly at: number;
    };
    readonly tables: readonly string[];
  }[];
  /** The scenarios that were set down in the estate. */
  readonly scenarios: readonly Traces[];
};

/** What world.json keeps: all that the world is made from. Files of before lack the estate, and hold one scenario or none. */
type Known = {
  readonly seed: number;
  readonly fault: Fault;
  readonly now: number;
  readonly estate?: boolean;
  readonly scenario?: Scenario | null;
  readonly scenarios?: readonly Scenario[];
};

export const truthFile = (dir: string): string => join(dir, 'ground-truth.json');

const truthOf = (plan: Plan, runs: readonly Run[]): Omit<GroundTruth, 'scenarios'> => ({
  seed: plan.seed,
  fault: plan.fault,
  generatedAt: plan.now,
  catalog: plan.catalog,
  incidents: plan.domains.flatMap((d) => {
    if (d.fault === null) return [];
    const { weak } = d.template;
    const job = jobOf(d, 'forecast');
    return [
      {
        domain: d.template.key,
        title: d.title,
        cause: d.fault.cause,
        onset: d.fault.onset,
        by: d.fault.by,
        changedTable: tableOf(d, weak.bronze).full,
        changedColumn: weak.column,
        silverTable: tableOf(d, weak.silver).full,
        featureTable: tableOf(d, weak.feature).full,
        failedJob: { id: job.id, name: job.name },
        failedRuns: runs.filter((r) => r.domain.template === d.template && r.failed).map((r) => r.runId),
        model: d.model.full,
        driftTables: monitored(d).map((t) => monitorName(t, 'drift').join('.')),
        driftColumns: [weak.featureColumn, 'prediction'],
        forecastTable: tableOf(d, d.template.scores).full,
        redHerring: { model: d.model.full, ...d.model.aliasMove },
        tables: [...d.tables.values()].map((t) => t.full),
      },
    ];
  }),
});

/** What `current_metastore()` and the metastore's summary answer: `<cloud>:<region>:<uuid>`. */
export const globalMetastoreId = ({ metastoreId }: Pick<World, 'metastoreId'>): string =>
  `practice:local:${metastoreId}`;

/**
 * The world in this lake: made from the seed when the lake is empty, else the one that is there (whatever seed is asked: its
 * facts are on disk, and a drill goes on where it stopped). Under 8 s.
 */
export const ensureWorld = async (
  lake: Lake,
  options: {
    readonly dir: string;
    readonly seed: number;
    readonly fault: Fault;
    readonly estate: boolean;
    readonly scenarios: readonly Scenario[];
  },
): Promise<World> => {
  const file = join(options.dir, 'world.json');
  const known: Known = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Known)
    : {
        seed: options.seed,
        fault: options.fault,
        now: lake.clock.now(),
        estate: options.estate,
        scenarios: options.scenarios,
      };
  const plan = planWorld(known.seed, known.fault, known.now);
  const estate = known.estate === true ? planEstate(plan) : null;
  const scenarios = known.scenarios ?? (known.scenario == null ? [] : [known.scenario]);
  if (!lake.tables().some((t) => t.catalog === plan.catalog)) {
    // The decision goes first: a process that dies while building makes the same world at its next start.
    writeFileSync(file, JSON.stringify(known));
    const keep = (traces: readonly Traces[]): void =>
      writeFileSync(
        truthFile(options.dir),
        JSON.stringify({ ...truthOf(plan, planRuns(plan).flat()), scenarios: traces }, null, 2),
        { mode: 0o600 },
      );
    keep([]);
    keep(await buildWorld(lake, plan, estate, scenarios));
  }
  await lake.write((write) =>
    write.run(`CREATE OR REPLACE MACRO current_metastore() AS ${quoteText(globalMetastoreId(plan))}`),
  );
  return {
    seed: known.seed,
    fault: known.fault,
    catalog: plan.catalog,
    workspaceId: plan.workspaceId,
    metastoreId: plan.metastoreId,
    defaultUser: 'responder@practice.example',
    plan,
    estate,
    scenarios,
  };
};
