import type { Scenario } from '../../main/practice/scenario-shape.ts';
import type { Practice } from '../support/practice.ts';
import { rowsOf, type Stage } from './stage.ts';

/** The column into which personal data flows. */
const flowsAs = 'customer_email';
/** The kind of job whose tasks became slow. */
export const slowJob = 'refine';

/**
 * What has happened in one area of the estate behind the suite, so that every source has something to find there: failures with
 * their words and repairs, data that flows where it did not, rights, costs, checks that were not passed. Long enough ago to
 * have been told by now, whatever the hour, and within the windows of all sources.
 */
export const happenings: Scenario = {
  name: 'conformance',
  title: 'Something of everything',
  kind: 'personal data in a wrong table',
  hoursAgo: 54,
  area: 'rewards',
  cause: [{ schema: { layer: 'daily', add: flowsAs } }],
  follows: [
    { flows: { from: 'silver', thing: 0, column: 'email', to: 'daily', as: flowsAs } },
    { reads: { layer: 'daily', by: 3 } },
    { fails: { job: 'score', message: '[UNRESOLVED_COLUMN.WITH_SUGGESTION] amount_7d is gone', repaired: true } },
    { fails: { pipeline: 'quality', message: 'Flow cards failed: column tier is gone.' } },
    { slow: { job: slowJob, factor: 3 } },
    { unhealthy: { layer: 'silver', thing: 0, what: 'freshness' } },
    { drifts: { layer: 'features', column: 'amount_7d' } },
    { grants: { to: 'analysts', privilege: 'SELECT', on: 'silver' } },
    { promotes: { serve: true, 'before-hours': 4 } },
    { edits: { job: 'features' } },
    { cluster: { workers: 2, minutes: 20 } },
  ],
  redHerrings: [],
};

/** Where it happened, by names of the world. */
export type Happened = {
  readonly area: string;
  /** Every table of the area. */
  readonly tables: readonly string[];
  readonly flowsFrom: { readonly table: string; readonly column: string };
  readonly flowsInto: string;
};

/** `world`: the whole practice lakehouse, whoever reads it. */
export const whatHappened = async (world: Stage, practice: Practice): Promise<Happened> => {
  const area = practice.truth.scenarios.find(({ name }) => name === happenings.name)?.area ?? '';
  const tables = await rowsOf(
    world,
    "SELECT concat_ws('.', catalog_name, schema_name, table_name) AS name FROM system.information_schema.table_tags WHERE tag_name = 'area' AND tag_value = :area ORDER BY name",
    { area },
  );
  const [flow] = await rowsOf(
    world,
    'SELECT source_table_full_name AS source, source_column_name AS col, target_table_full_name AS target FROM system.access.column_lineage WHERE target_column_name = :flowsAs',
    { flowsAs },
  );
  return {
    area,
    tables: tables.map((row) => row['name'] ?? ''),
    flowsFrom: { table: flow?.['source'] ?? '', column: flow?.['col'] ?? '' },
    flowsInto: flow?.['target'] ?? '',
  };
};
