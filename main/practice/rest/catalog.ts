import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../shared/base/json.ts';
import type { Lake } from '../duck/lake.ts';
import { fullName } from '../duck/table.ts';
import { onTheirWay } from '../world/estate/tell.ts';
import { below, fault, found, good, idOf, listed, stored, type RestApi } from './common.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Grants on a securable (facts 3.6); privileges with underscores, as REST spells them. */
export const permissions: RestApi = async ({ lake }, { method, path, query }) => {
  const rest = below(path, '/api/2.1/unity-catalog/permissions');
  if (rest === null || method !== 'GET' || rest.length !== 2) return null;
  const [kind = '', name = ''] = rest;
  if (kind === 'table' && lake.find(name.split('.')) === undefined)
    return fault(404, 'TABLE_DOES_NOT_EXIST', `Table '${name}' does not exist.`);
  const principal = query.get('principal');
  const rows = await found(
    lake,
    `SELECT principal, list(DISTINCT replace(privilege, ' ', '_')) AS privileges FROM bw.grants WHERE kind = ${quoted(kind.toUpperCase())} AND object = ${quoted(name)}${
      principal === null ? '' : ` AND principal = ${quoted(principal)}`
    } GROUP BY principal ORDER BY principal`,
  );
  return good({ privilege_assignments: rows });
};

const info = (full: string): JsonObject => {
  const [catalog_name = '', schema_name = '', name = ''] = full.split('.');
  return { name, catalog_name, schema_name, table_type: 'TABLE' };
};

/** One hop of lineage (facts 3.7, undocumented but used): at once, where the lineage tables lag; without what is not visible. */
export const lineage: RestApi = async ({ lake, world, may }, { method, path, query }) => {
  const kind = /^\/api\/2\.0\/lineage-tracking\/(table|column)-lineage$/.exec(path)?.[1];
  if (kind === undefined || method !== 'GET') return null;
  const full = query.get('table_name') ?? '';
  if (lake.find(full.split('.')) === undefined)
    return fault(404, 'TABLE_DOES_NOT_EXIST', `Table '${full}' does not exist.`);
  const table = stored(lake, 'access', `${kind}_lineage`);
  if (table === undefined) return good({});
  const names = [
    'source_table_full_name',
    'target_table_full_name',
    'source_column_name',
    'target_column_name',
    'entity_type',
    'entity_id',
  ];
  const part = (cell: (name: string) => string, at: string): string => `SELECT ${names.map((name) => `${cell(name)} AS ${name}`).join(', ')}, ${at} AS event_time`; // prettier-ignore
  const from = `(${part(table.col, table.col('event_time'))} FROM ${table.from}
    UNION ALL ${part((name) => `body::JSON ->> '${name}'`, `CAST(body::JSON ->> 'event_time' AS TIMESTAMP)`)} FROM bw.late WHERE name = 'access.${kind}_lineage'
    ${world.estate === null ? '' : `UNION ALL BY NAME SELECT * FROM (${onTheirWay(lake, world.plan, world.estate, `access.${kind}_lineage`)})`})`;
  const visible = (rows: readonly JsonObject[]): readonly JsonObject[] =>
    rows.filter((r) => may('tables', idOf(r['t'])));
  const side = async (own: string, other: string): Promise<readonly JsonObject[]> => {
    if (kind === 'column')
      return visible(
        await found(
          lake,
          `SELECT DISTINCT ${other}_table_full_name AS t, ${other}_column_name AS c FROM ${from} WHERE ${own}_table_full_name = ${quoted(full)} AND ${own}_column_name = ${quoted(query.get('column_name') ?? '')} AND ${other}_table_full_name IS NOT NULL ORDER BY 1, 2`,
        ),
      ).map((r): JsonObject => {
        const { name: table_name, ...rest } = info(idOf(r['t']));
        return { ...rest, table_name: table_name ?? '', name: r['c'] ?? '' };
      });
    const rows = await found(
      lake,
      `SELECT ${other}_table_full_name AS t, CAST(max(event_time) AS VARCHAR) AS ts, list(DISTINCT entity_id) FILTER (WHERE entity_type = 'JOB') AS jobs, list(DISTINCT entity_id) FILTER (WHERE entity_type = 'PIPELINE') AS pipelines
       FROM ${from} WHERE ${own}_table_full_name = ${quoted(full)} AND ${other}_table_full_name IS NOT NULL GROUP BY 1 ORDER BY 1`,
    );
    const workspace_id = Number(world.workspaceId);
    return visible(rows).map((r) => ({
      tableInfo: { ...info(idOf(r['t'])), lineage_timestamp: r['ts'] ?? '' },
      ...(query.get('include_entity_lineage') === 'true' && Array.isArray(r['jobs'])
        ? {
            jobInfos: r['jobs']
              .filter((job) => may('jobs', String(job)))
              .map((job) => ({ workspace_id, job_id: Number(job) })),
          }
        : {}),
      ...(query.get('include_entity_lineage') === 'true' && Array.isArray(r['pipelines'])
        ? {
            pipelineInfos: r['pipelines']
              .filter((id) => may('pipelines', String(id)))
              .map((id) => ({ workspace_id, pipeline_id: String(id) })),
          }
        : {}),
    }));
  };
  const [up, down] = [await side('target', 'source'), await side('source', 'target')];
  return good(kind === 'table' ? { upstreams: up, downstreams: down } : { upstream_cols: up, downstream_cols: down });
};

/** What feeds the lakehouse and is fed by it, registered as external metadata by its owners. */
const outside = [
  ['tills_core', 'OTHER', 'CASH_REGISTER', 'Tills of all shops'],
  ['erp_purchasing', 'SAP', 'TABLE', 'Purchasing of the group'],
  ['revenue_workbook', 'POWER_BI', 'DASHBOARD', 'What the board reads on Mondays'],
] as const;

export const external: RestApi = ({ world, may }, { method, path, query }) => {
  const meta = below(path, '/api/2.0/lineage-tracking/external-metadata');
  const edges = below(path, '/api/2.0/lineage-tracking/external-lineage');
  if (method !== 'GET' || (meta === null && edges === null)) return Promise.resolve(null);
  const estate = world.estate;
  const systems = estate === null ? [] : outside;
  const shown = systems.map(([name, system_type, entity_type, description], i): JsonObject => ({
    name,
    system_type,
    entity_type,
    description,
    id: `ext-${i + 1}`,
    owner: estate?.people[i] ?? '',
    columns: [],
    properties: {},
    metastore_id: world.metastoreId,
  }));
  if (meta !== null) {
    if (meta[0] === undefined)
      return Promise.resolve(listed('external_metadata', shown.filter((m) => may('external', idOf(m['name']))), query)); // prettier-ignore
    const one = shown.find((m) => m['name'] === meta[0]);
    return Promise.resolve(
      one === undefined
        ? fault(404, 'RESOURCE_DOES_NOT_EXIST', `External metadata '${meta[0]}' does not exist.`)
        : good(one),
    );
  }
  const asked = query.get('object_info.table.name') ?? '';
  const bronze = (estate?.tables ?? []).filter((t) => t.layer === 'bronze' && t.sources.length === 0).slice(0, 6);
  const board = (estate?.tables ?? []).filter((t) => t.full.endsWith('_board')).slice(0, 2);
  const relations = [
    ...bronze.map((t, i) => ({ system: i % 2, table: t.full, direction: 'UPSTREAM' })),
    ...board.map((t) => ({ system: 2, table: t.full, direction: 'DOWNSTREAM' })),
  ].filter((r) => r.table === asked && may('external', outside[r.system]?.[0] ?? '') && r.direction === (query.get('lineage_direction') ?? r.direction)); // prettier-ignore
  return Promise.resolve(
    listed(
      'external_lineage_relationships',
      relations.map((r) => ({
        external_metadata_info: { name: outside[r.system]?.[0] ?? '', system_type: outside[r.system]?.[1] ?? '', entity_type: outside[r.system]?.[2] ?? '' },
        table_info: { name: r.table.split('.')[2] ?? '', catalog_name: world.catalog, schema_name: r.table.split('.')[1] ?? '' },
      })), // prettier-ignore
      query,
    ),
  );
};

const hour = 3_600_000;
const day = 24 * hour;
export const schemasOf = (lake: Lake): readonly string[] =>
  lake.catalogs().flatMap(({ catalog, schemas }) => schemas.map((schema) => `${catalog}.${schema}`));
/** A UUID that stays the same for a name. */
export const idOfName = (name: string): string =>
  createHash('md5')
    .update(name)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Tables and schemas by name (docs: tables/get, schemas/get), for the ids by which monitors are asked for. */
export const named: RestApi = ({ lake }, { method, path }) => {
  const [, kind, full = ''] = /^\/api\/2\.1\/unity-catalog\/(tables|schemas)\/([^/]+)$/.exec(path) ?? [];
  if (kind === undefined || method !== 'GET') return Promise.resolve(null);
  const table = kind === 'tables' ? lake.find(full.split('.')) : undefined;
  if (table !== undefined) return Promise.resolve(good({ ...info(full), full_name: full, table_id: table.id, owner: table.owner }));
  return Promise.resolve(
    kind === 'schemas' && schemasOf(lake).includes(full)
      ? good({ full_name: full, name: full.split('.')[1] ?? '', catalog_name: full.split('.')[0] ?? '', schema_id: idOfName(full) })
      : fault(404, kind === 'tables' ? 'TABLE_DOES_NOT_EXIST' : 'SCHEMA_DOES_NOT_EXIST', `'${full}' does not exist.`),
  );
}; // prettier-ignore

/** Monitors of tables (facts 3.9): by the new path with the id of the table, and by name. */
export const monitors: RestApi = ({ lake, world, clock, may }, { method, path, query }) => {
  const byId = below(path, '/api/data-quality/v1/monitors');
  const byName = /^\/api\/2\.1\/unity-catalog\/tables\/([^/]+)\/monitor$/.exec(path)?.[1];
  if (method !== 'GET' || (byId === null && byName === undefined)) return Promise.resolve(null);
  const drift = lake.tables().filter((t) => t.name.endsWith('_drift_metrics') && t.catalog === world.catalog);
  const all = drift.flatMap((d) => {
    const table = lake.find([d.catalog, d.schema, d.name.replace(/_drift_metrics$/, '')]);
    return table === undefined ? [] : [{ table, drift: fullName(d), profile: fullName(d).replace(/drift_metrics$/, 'profile_metrics') }]; // prettier-ignore
  });
  const one = all.find((m) => m.table.id === byId?.[1] || fullName(m.table) === byName);
  // The request log of a model is monitored by its own columns, sliced by the channel that asked.
  const log = lake
    .tables()
    .find((t) => t.catalog === world.catalog && t.name.endsWith('inference_log') && fullName(t) === byName);
  if (log !== undefined)
    return Promise.resolve(
      good({ table_name: byName ?? '', status: 'MONITOR_STATUS_ACTIVE', monitor_version: '0', slicing_exprs: ['channel'], inference_log: { problem_type: 'PROBLEM_TYPE_REGRESSION', granularities: ['1 hour'], timestamp_col: 'requested_at', prediction_col: 'prediction', label_col: 'label', model_id_col: 'model_version' } }),
    ); // prettier-ignore
  if (byId !== null && byId[0] === 'schema')
    return Promise.resolve(
      world.estate !== null && schemasOf(lake).some((full) => idOfName(full) === byId[1])
        ? good({ object_type: 'schema', object_id: byId[1] ?? '', anomaly_detection_config: { excluded_table_full_names: [] } })
        : fault(404, 'RESOURCE_DOES_NOT_EXIST', 'There is no monitor on this object.'),
    ); // prettier-ignore
  if (byId !== null && byId.length === 0)
    return Promise.resolve(good({ monitors: all.filter((m) => may('tables', fullName(m.table))).map((m) => ({ object_type: 'table', object_id: m.table.id, data_profiling_config: { drift_metrics_table_name: m.drift, profile_metrics_table_name: m.profile, status: 'DATA_PROFILING_STATUS_ACTIVE' } })) })); // prettier-ignore
  if (one === undefined)
    return Promise.resolve(fault(404, 'RESOURCE_DOES_NOT_EXIST', 'There is no monitor on this object.'));
  if (byId?.[2] === 'refreshes') {
    // One a day, at three in the morning, each a quarter of an hour.
    const today = Math.floor(clock.now() / day) * day + 3 * hour;
    const starts = Array.from({ length: 5 }, (_, i) => today - i * day).filter((at) => at + hour / 4 <= clock.now());
    return Promise.resolve(
      listed(
        'refreshes',
        starts.map((at) => ({ object_type: 'table', object_id: one.table.id, refresh_id: at, state: 'MONITOR_REFRESH_STATE_SUCCESS', trigger: 'MONITOR_REFRESH_TRIGGER_SCHEDULE', start_time_ms: at, end_time_ms: at + hour / 4 })),
        query,
      ),
    ); // prettier-ignore
  }
  return Promise.resolve(
    good(
      byName === undefined
        ? { object_type: 'table', object_id: one.table.id, data_profiling_config: { drift_metrics_table_name: one.drift, profile_metrics_table_name: one.profile, status: 'DATA_PROFILING_STATUS_ACTIVE', monitor_version: 0, time_series: {}, schedule: { quartz_cron_expression: '0 0 3 * * ?', timezone_id: 'UTC', pause_status: 'CRON_SCHEDULE_PAUSE_STATUS_UNPAUSED' } } }
        : { table_name: byName, drift_metrics_table_name: one.drift, profile_metrics_table_name: one.profile, status: 'MONITOR_STATUS_ACTIVE', monitor_version: '0' },
    ), // prettier-ignore
  );
};
