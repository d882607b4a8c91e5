import type { CallOutput } from '../../shared/contract/calls.ts';
import { failure } from '../../shared/base/failure.ts';

type Step = CallOutput<'connection.testing'>['steps'][number];
const way = (step: string, detail: string, state: Step['state'] = 'works'): Step => ({
  step, state, detail, group: 'way', failure: null, grants: [], commands: [], ask: null, features: [], otherwise: null, pace: null, asks: null,
}); // prettier-ignore
const source = (step: string, state: Step['state'], detail: string, change: Partial<Step> = {}): Step => ({
  ...way(step, detail, state),
  group: 'source',
  ...change,
});
const grants = (schema: string, table: string): string[] => [
  'GRANT USE CATALOG ON CATALOG `system` TO `ada@example.com`;',
  `GRANT USE SCHEMA ON SCHEMA \`system\`.\`${schema}\` TO \`ada@example.com\`;`,
  `GRANT SELECT ON TABLE \`system\`.\`${schema}\`.\`${table}\` TO \`ada@example.com\`;`,
];
const rest = 'Everything else works; this source is shown as not visible.';

/** A test of a connection with one of each result. */
export const sampleSteps: Step[] = [
  way('settings', 'dbc-a1b2c3d4-e5f6.cloud.databricks.com/sql/1.0/warehouses/abc'),
  way('DNS', 'dbc-a1b2c3d4-e5f6.cloud.databricks.com is 203.0.113.7'),
  way('TLS', 'TLSv1.3, certificate by Example Trust, good until 2026-12-09 (12 days)'),
  way('sign-in', 'As ada@example.com.'),
  way('SQL warehouse', 'Analysts is running.'),
  way('session and parameters', 'A session opened, and a named parameter came back unchanged.'),
  {
    ...way('catalogs', 'None besides system is visible to you.', 'missing-grant'),
    ask: 'USE CATALOG and USE SCHEMA on the catalogs of your tables, with SELECT on the tables or BROWSE on the catalogs',
    features: ['columns, owners, tags and rights of your tables', 'their versions', 'comparing them with their past'],
    otherwise: 'Each source is still looked at by itself.',
  },
  way('system schemas', 'Visible: lakeflow, query. Switched off: serving.'),
  source('Job runs', 'missing-grant', 'The workspace did not allow it: [INSUFFICIENT_PERMISSIONS] User does not have SELECT on Table \'system.lakeflow.job_run_timeline\'.', {
    features: ['failed runs as signals', 'runs in the timeline'],
    grants: grants('lakeflow', 'job_run_timeline'),
    otherwise: 'Runs of the jobs that you can see still come, through REST, for up to 60 days back.',
  }),
  source('Failed tasks', 'missing-grant', 'The workspace did not allow it.', {
    features: ['which task of a run failed'],
    grants: grants('lakeflow', 'job_task_run_timeline'),
    otherwise: rest,
  }),
  source('Served entities', 'preview-off', 'Its schema is not switched on in this metastore.', {
    features: ['which version of a model is served'],
    grants: grants('serving', 'served_entities'),
    commands: ['databricks system-schemas enable 7f3c serving'],
    otherwise: rest,
  }),
  source('Zerobus', 'not-here', 'This workspace does not have it.', { features: ['ingestion'], otherwise: rest }),
  source('Audit', 'failed', 'No answer came in time.', {
    features: ['who did what'],
    failure: failure('TimedOut', 'No answer came in time.', 'Nothing was changed in the workspace.', 'Try again.'),
  }),
  source('Grants on tables', 'failed', 'No answer came in time.', {
    features: ['who may read what'],
    failure: failure('TimedOut', 'No answer came in time.', 'Nothing was changed in the workspace.', 'Try again.'),
  }),
  source('Versions of tables', 'skipped', 'Needs SELECT on the tables in scope: looked at when a room is read.', {
    features: ['versions of tables'],
  }),
  source('Lineage of tables', 'works', '21 columns can be read.', { pace: 'how late is not documented, kept for 365 days' }),
  source('Task runs', 'works', '18 columns can be read.', { pace: 'up to 1 h late, kept for 365 days' }),
  source('Pipelines', 'works', '9 columns can be read.', { pace: 'up to 1 h late, kept for 365 days' }),
  source('Models and aliases', 'works', 'It answers and lists nothing: there is none, or none that you may see.', { ask: 'EXECUTE on the registered models', pace: 'told at once' }),
]; // prettier-ignore

/** The same before a warehouse that does not run. */
export const sampleAsleep: Step[] = sampleSteps.map((one) =>
  one.step === 'SQL warehouse'
    ? { ...one, detail: 'Analysts is stopped.' }
    : one.group === 'source' || one.step === 'session and parameters' || one.step === 'system schemas'
      ? {
          ...(one.group === 'source' ? source(one.step, 'skipped', '') : way(one.step, '', 'skipped')),
          detail: 'Would start the SQL warehouse, which may cost money: go on if that is wanted.',
          asks: 'start-warehouse',
        }
      : one,
);

/** The beginning of what `setup.sql` answers. */
export const sampleSetup = [
  '-- Breakwater: what an administrator runs so that `account users` can use it.',
  '-- 3. Sources of facts: reading only.',
  '-- Job runs: failed runs as signals, runs in the timeline.',
  ...grants('lakeflow', 'job_run_timeline'),
  '-- Undo, in reverse. Commented out, so that running this file does not take back what it gave.',
  ...grants('lakeflow', 'job_run_timeline').toReversed().map((one) => `-- ${one.replace('GRANT', 'REVOKE').replace(' TO ', ' FROM ')}`),
].join('\n'); // prettier-ignore
