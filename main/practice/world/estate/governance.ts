import { type Source, told } from './sql.ts';

const event = (
  ids: string,
  at: string,
  by: string,
  service: string,
  action: string,
  params: string,
  response = `{'status_code': 200}`,
): string =>
  `${ids}, '2.0' AS version, ${at} AS event_time, CAST(${at} AS DATE) AS event_date, '10.20.4.' || CAST(2 + bw.dice(${by} || ${at}) * 240 AS INTEGER) AS source_ip_address, 'Databricks-Service/driver' AS user_agent,
   {'email': ${by}} AS user_identity, '${service}' AS service_name, '${action}' AS action_name, bw.uuid(${at} || ${by}) AS request_id, ${params} AS request_params, ${response} AS response, 'WORKSPACE_LEVEL' AS audit_level,
   bw.hexid(${at} || ${by} || '${action}') AS event_id, {'run_by': ${by}, 'run_as': ${by}} AS identity_metadata`;
const ago = (t: { now: string }, key: string, days: number): string =>
  `${t.now} - to_minutes(CAST(90 + ${days * 1440} * bw.dice(${key}) AS INTEGER))`;

export const governanceSources: readonly Source[] = [
  {
    table: 'access.audit',
    lateMinutes: 15,
    sql: (t) =>
      `SELECT ${event(t.ids, 'ts', 'owner', 'unityCatalog', 'getTable', `MAP {'full_name_arg': "full"}`)} FROM (SELECT *, d + to_minutes(CAST(480 + 500 * bw.dice("full" || d) AS INTEGER)) AS ts
          FROM est.v_tables, (SELECT unnest(range(date_trunc('day', ${t.now}) - INTERVAL ${told} DAY, ${t.now}, INTERVAL 1 DAY)) AS d) WHERE bw.dice("full" || d || 'a') < 0.06) x WHERE ${t.within('ts')}
      UNION ALL BY NAME SELECT ${event(t.ids, 'ts', 'owner', 'unityCatalog', 'getTable', `MAP {'full_name_arg': "full"}`)} FROM (SELECT *, d + INTERVAL 9 HOUR + to_minutes(CAST(400 * bw.dice("full" || d) AS INTEGER)) AS ts
          FROM (SELECT area, min("full") AS "full", min(owner) AS owner FROM est.v_tables WHERE layer = 'gold' GROUP BY area), (SELECT unnest(range(date_trunc('day', ${t.now}) - INTERVAL 364 DAY, date_trunc('day', ${t.now}) - INTERVAL ${told} DAY, INTERVAL 1 DAY)) AS d)) x WHERE ${t.within('ts')}
      UNION ALL BY NAME SELECT ${event(t.ids, ago(t, `"full" || 'g'`, 300), 'owner', 'unityCatalog', 'updatePermissions', `MAP {'securable_type': 'table', 'securable_full_name': "full", 'changes': '[{"principal":"analysts","add":["SELECT"],"remove":[]}]'}`)}
        FROM est.v_tables WHERE bw.dice("full" || 'p') < 0.3 AND ${t.within(ago(t, `"full" || 'g'`, 300))}
      UNION ALL BY NAME SELECT ${event(t.ids, ago(t, `"full" || 'r'`, 40), `'trainee@practice.example'`, 'unityCatalog', 'getTable', `MAP {'full_name_arg': "full"}`, `{'status_code': 403, 'error_message': 'PERMISSION_DENIED: User does not have SELECT on Table ''' || "full" || '''.'}`)}
        FROM est.v_tables WHERE personal AND ${t.within(ago(t, `"full" || 'r'`, 40))}
      UNION ALL BY NAME SELECT ${event(t.ids, ago(t, 'id', 340), 'owner', 'jobs', 'update', `MAP {'job_id': id}`)} FROM est.v_jobs WHERE bw.dice(id) < 0.2 AND ${t.within(ago(t, 'id', 340))}
      UNION ALL BY NAME SELECT ${event(t.ids, `${t.now} - to_days(v.daysAgo)`, 'owner', 'unityCatalog', 'createModelVersion', `MAP {'catalog_name': split_part("full", '.', 1), 'schema_name': split_part("full", '.', 2), 'model_name': split_part("full", '.', 3), 'run_id': v.run}`)}
        FROM (SELECT *, unnest(versions) AS v FROM est.v_models) WHERE ${t.within(`${t.now} - to_days(v.daysAgo)`)}`,
  },
];

/** Grants, tags, masks and row filters: statements over the bookkeeping tables, once at the beginning. */
export const governanceSetup = (catalog: string, schemas: readonly string[]): readonly string[] => [
  `INSERT INTO bw.grants VALUES ('users', 'USE CATALOG', 'CATALOG', '${catalog}'), ${schemas.map((s) => `('analysts', 'USE SCHEMA', 'SCHEMA', '${catalog}.${s}')`).join(', ')}`,
  `INSERT INTO bw.grants SELECT 'analysts', 'SELECT', 'TABLE', "full" FROM est.v_tables WHERE NOT personal`,
  `INSERT INTO bw.grants SELECT owner, 'MODIFY', 'TABLE', "full" FROM est.v_tables WHERE layer != 'bronze'`,
  `INSERT INTO bw.governance SELECT 'table-tag', split_part("full", '.', 1), split_part("full", '.', 2), split_part("full", '.', 3), NULL, 'area', area FROM est.v_tables`,
  `INSERT INTO bw.governance SELECT 'column-tag', split_part("full", '.', 1), split_part("full", '.', 2), split_part("full", '.', 3), c, 'class', 'personal' FROM est.v_tables, (SELECT unnest(['email', 'birth_date']) AS c) WHERE personal`,
  `INSERT INTO bw.governance SELECT 'mask', split_part("full", '.', 1), split_part("full", '.', 2), split_part("full", '.', 3), 'email', '${catalog}.default.mask_email', NULL FROM est.v_tables WHERE personal AND layer = 'silver'`,
  `INSERT INTO bw.governance SELECT 'filter', split_part("full", '.', 1), split_part("full", '.', 2), split_part("full", '.', 3), NULL, '${catalog}.default.own_country', 'country' FROM est.v_tables WHERE personal AND layer = 'silver' AND bw.dice("full") < 0.6`,
];
