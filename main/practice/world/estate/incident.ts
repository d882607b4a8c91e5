import type { Lake, Write } from '../../duck/lake.ts';
import { alterTable } from '../../duck/commands.ts';
import { quoteText } from '../../duck/sql-types.ts';
import { storage, type Table } from '../../duck/table.ts';
import type { Effect, Scenario } from '../../scenario-shape.ts';
import { auditRow } from '../audit.ts';
import { appendVersion, stamp, type Row } from '../bulk.ts';
import { saveDocuments } from '../documents.ts';
import type { Plan } from '../plan.ts';
import { createRandom } from '../random.ts';
import type { Estate, EstateJob, EstatePipeline, EstateTable } from './plan.ts';
import type { EstateEndpoint } from './serving.ts';
import { fill, moment, type Telling } from './sql.ts';

const hour = 3_600_000;

/** A scenario set down in an estate: where and when, and by whom. */
export type Incident = {
  readonly scenario: Scenario;
  readonly area: string;
  readonly onset: number;
  readonly by: string;
};

/** Each in an area of its own, as long as there are any. */
export const placeScenarios = (scenarios: readonly Scenario[], plan: Plan, estate: Estate): readonly Incident[] => {
  const random = createRandom(plan.seed ^ 0x1f83d9ab);
  const areas = [...new Set(estate.clusters.map((c) => c.area))];
  const free = new Set(areas.filter((area) => !scenarios.some((one) => one.area === area)));
  return scenarios.map((scenario) => {
    const area = areas.includes(scenario.area) ? scenario.area : random.pick(free.size > 0 ? [...free] : areas);
    free.delete(area);
    return { scenario, area, onset: plan.now - scenario.hoursAgo * hour - random.integer(0, 50) * 60_000, by: random.pick(estate.people) };
  });
}; // prettier-ignore

export type Place = { readonly estate: Estate; readonly plan: Plan; readonly incident: Incident };
type Fields = Effect[string];
const text = (e: Readonly<Record<string, unknown>>, key: string): string => (typeof e[key] === 'string' ? e[key] : '');
const number = (e: Readonly<Record<string, unknown>>, key: string): number => (typeof e[key] === 'number' ? e[key] : 0);

const jobsOf = ({ estate, incident }: Place, kind: string): readonly EstateJob[] =>
  estate.jobs.filter((j) => j.area === incident.area && j.kind === kind);
const pipelinesOf = ({ estate, incident }: Place, part: string): readonly EstatePipeline[] =>
  estate.pipelines.filter((p) => p.name === `${incident.area}-${part}-pipeline`);
/** A table of the area: of a layer, the n-th thing; or `daily`, `predictions` … by its name. */
const tableIn = ({ estate, incident }: Place, layer: string, thing: number): EstateTable => {
  const own = estate.tables.filter((t) => t.area === incident.area);
  const found = own.find((t) => t.full.endsWith(`_${layer}`)) ?? own.filter((t) => t.layer === layer)[thing];
  if (found === undefined) throw new Error(`the area ${incident.area} has no table ${layer} ${thing}`);
  return found;
};
/** All that happens, with its time: what follows has that of the cause, a red herring some hours before. */
const all = ({ scenario: s, onset }: Incident): readonly { readonly name: string; readonly f: Fields; readonly herring: boolean; readonly at: number }[] => [
  ...[...s.cause, ...s.follows].flatMap((e) => Object.entries(e).map(([name, f]) => ({ name, f, herring: false, at: onset }))),
  ...s.redHerrings.flatMap((e, i) => Object.entries(e).map(([name, f]) => ({ name, f, herring: true, at: onset - (3 + i * 11) * hour }))),
]; // prettier-ignore
const ids = (jobs: readonly { readonly id: string }[]): string => jobs.map((j) => quoteText(j.id)).join(', ') || "''";

type Served = { readonly by: string; readonly version: number; readonly config: number; readonly least: number; readonly most: number; readonly at: number }; // prettier-ignore
/** A version as an endpoint came to serve it, and for how many requests at once. */
const servedRow = (t: Telling, full: string, endpoint: EstateEndpoint, s: Served): string =>
  `SELECT ${t.ids}, ${quoteText(endpoint.entity)} AS served_entity_id, ${quoteText(s.by)} AS created_by, ${quoteText(endpoint.name)} AS endpoint_name, ${quoteText(endpoint.id)} AS endpoint_id, ${quoteText(`${full.split('.')[2] ?? ''}-${s.version}`)} AS served_entity_name,
     'CUSTOM_MODEL' AS entity_type, ${quoteText(full)} AS entity_name, '${s.version}' AS entity_version, ${s.config} AS endpoint_config_version, {'min_concurrency': ${s.least}, 'max_concurrency': ${s.most}, 'compute_type': 'CPU'} AS custom_model_config, ${moment(s.at)} AS change_time`;

/** What a scenario does to runs, costs and numbers: before rows are made of them. */
export const bendRuns = async (write: Write, place: Place, t: Telling, first: boolean): Promise<void> => {
  const from = moment(place.incident.onset);
  for (const { name, f, at } of all(place.incident)) {
    const where = `started >= ${from} AND ${t.within('started')} AND job IN (${ids([...jobsOf(place, text(f, 'job')), ...pipelinesOf(place, text(f, 'pipeline'))])})`;
    if (name === 'late') await write.run(`UPDATE est.runs SET started = started + to_minutes(${number(f, 'minutes')}), ended = ended + to_minutes(${number(f, 'minutes')}) WHERE ${where}`);
    if (name === 'slow') await write.run(`UPDATE est.runs SET ended = started + to_milliseconds(CAST((epoch_ms(ended) - epoch_ms(started)) * ${number(f, 'factor')} AS BIGINT)) WHERE ${where}`);
    if (name === 'fails' && text(f, 'job') + text(f, 'pipeline') === '') throw new Error(`what fails is a job or a pipeline: ${JSON.stringify(f)}`);
    if (name === 'fails') await write.run(`UPDATE est.runs SET state = 'FAILED', repaired = ${f['repaired'] === true}, message = ${quoteText(text(f, 'message'))} WHERE ${where}`);
    if (first && name === 'drifts') await write.run(`INSERT INTO est.drifts VALUES (${quoteText(tableIn(place, text(f, 'layer'), 0).full)}, ${quoteText(text(f, 'column'))}, ${from})`);
    // A change of columns has its place among the versions: telling the history leaves it free.
    if (first && name === 'schema') await write.run(`INSERT INTO est.changes VALUES (${quoteText(tableIn(place, text(f, 'layer'), number(f, 'thing')).full)}, ${moment(at)})`);
    if (first && name === 'costs') {
      const id = f['cluster'] === true ? place.estate.clusters.find((c) => c.area === place.incident.area)?.id : place.estate.models.find((m) => m.area === place.incident.area && m.endpoint !== null)?.full;
      if (id === undefined) throw new Error(`the area ${place.incident.area} has nothing whose costs could rise: ${JSON.stringify(f)}`);
      await write.run(`INSERT INTO est.costs VALUES (${quoteText(id)}, ${from}, ${number(f, 'factor')})`);
    }
  }
  // A run that was put off into the future has not begun.
  await write.run(`DELETE FROM est.runs WHERE started > ${t.now}`);
}; // prettier-ignore

/** What a scenario leaves beside runs: versions, audit, grants, tags, edits, aliases. When all rows are there. Returns what happened. */
export const leaveTraces = async (lake: Lake, write: Write, place: Place, t: Telling): Promise<readonly string[]> => {
  const { estate, plan, incident } = place;
  const random = createRandom(plan.seed ^ 0x428a2f98);
  const told: string[] = [];
  const audit: Row[] = [];
  const say = (at: number, by: string, service: string, action: string, params: Record<string, string>): void =>
    void audit.push(auditRow(plan, { at, by, service, action, params }, random));
  const changed = new Map<string, Table>();
  const tableNow = (full: string): Table => changed.get(full) ?? lake.table(full.split('.'));
  for (const { name, f, herring, at } of all(incident)) {
    const by = herring ? random.pick(estate.people) : incident.by;
    const note = (what: string): void => void told.push(`${herring ? 'red herring' : 'happened'} ${stamp(at)} by ${by}: ${what}`);
    switch (name) {
      case 'schema': {
        const table = tableIn(place, text(f, 'layer'), number(f, 'thing'));
        const change = text(f, 'drop') === '' ? { kind: 'add' as const, columns: [{ name: text(f, 'add'), type: 'string' }] } : { kind: 'drop' as const, columns: [text(f, 'drop')] };
        const old = tableNow(table.full);
        const version = Number((await write.rows(`SELECT count(*) FROM bw.history WHERE key = ${old.key} AND made_at <= ${moment(at)}`))[0]?.[0] ?? 0);
        const done = await alterTable({ ...old, version: version - 1 }, change, write.run);
        await write.run(`INSERT INTO bw.history VALUES (${old.key}, ${version}, ${moment(at)}, ${quoteText(by)}, ${quoteText(done.operation)}, MAP {'columns': ${quoteText(JSON.stringify(change.columns))}}, MAP {}, FALSE)`);
        const newer = version > old.version;
        const next = { ...done.table, version: newer ? version : old.version, versionAt: newer ? at : old.versionAt, alteredAt: at };
        changed.set(table.full, next);
        await write.save(next);
        say(at, by, 'unityCatalog', 'updateTables', { full_name_arg: table.full, changes: done.operation });
        note(`${done.operation} on ${table.full}`);
        break;
      }
      case 'edits':
        for (const job of jobsOf(place, text(f, 'job')).slice(0, 1)) {
          await fill(write, lake.table(['system', 'lakeflow', 'jobs']), `SELECT ${t.ids}, ${quoteText(job.id)} AS job_id, ${quoteText(job.name)} AS name, '7002' AS creator_id, MAP {'area': ${quoteText(job.area)}} AS tags, ${moment(at)} AS change_time, 'edited' AS description, 'SCHEDULE' AS trigger_type, ${quoteText(job.owner)} AS run_as_user_name, ${quoteText(job.owner)} AS creator_user_name, FALSE AS paused, ${moment(plan.now - 190 * 24 * hour)} AS create_time`);
          say(at, by, 'jobs', 'update', { job_id: job.id, new_settings: '{"tasks":[{"task_key":"build"}]}' });
          note(`job ${job.name} (${job.id}) edited`);
        }
        break;
      case 'cluster': {
        const cluster = estate.clusters.find((c) => c.area === incident.area);
        if (cluster === undefined) break;
        await fill(write, lake.table(['system', 'compute', 'clusters']), `SELECT ${t.ids}, ${quoteText(cluster.id)} AS cluster_id, ${quoteText(cluster.name)} AS cluster_name, ${quoteText(cluster.owner)} AS owned_by, ${moment(at)} AS change_time, CAST(${moment(at)} AS DATE) AS change_date, 'i3.xlarge' AS driver_node_type, 'i3.xlarge' AS worker_node_type, 1 AS min_autoscale_workers, ${number(f, 'workers')} AS max_autoscale_workers, ${number(f, 'minutes')} AS auto_termination_minutes, 'UI' AS cluster_source, '17.3.x-scala2.13' AS dbr_version, 'USER_ISOLATION' AS data_security_mode`);
        say(at, by, 'clusters', 'edit', { cluster_id: cluster.id, autoscale: `{"max_workers":${number(f, 'workers')}}`, autotermination_minutes: String(number(f, 'minutes')) });
        note(`cluster ${cluster.name} (${cluster.id}) edited`);
        break;
      }
      case 'scales': {
        const { full, endpoint } = estate.models.find((m) => m.area === incident.area && m.endpoint !== null) ?? {};
        if (full === undefined || endpoint == null) throw new Error(`the area ${incident.area} has no endpoint whose concurrency could be set`);
        const { version } = endpoint;
        const config = version + 1;
        await saveDocuments(write, [{ kind: 'served', id: full, at, body: { model: full, version, config, least: number(f, 'least'), at: Math.floor(at) } }]);
        await fill(write, lake.table(['system', 'serving', 'served_entities']), servedRow(t, full, endpoint, { by, version, config, least: number(f, 'least'), most: number(f, 'most'), at }));
        note(`endpoint ${endpoint.name} kept at a concurrency of ${number(f, 'least')} to ${number(f, 'most')}`);
        break;
      }
      case 'grants': {
        const silver = tableIn(place, 'silver', 0).full.split('.').slice(0, 2).join('.');
        const [kind, on] = text(f, 'on') === 'gold-board' ? ['TABLE', tableIn(place, 'board', 0).full] : ['SCHEMA', silver];
        await write.run(`INSERT INTO bw.grants VALUES (${[text(f, 'to'), text(f, 'privilege'), kind, on].map((v) => quoteText(v ?? '')).join(', ')})`);
        say(at, by, 'unityCatalog', 'updatePermissions', { securable_type: (kind ?? '').toLowerCase(), securable_full_name: on ?? '', changes: JSON.stringify([{ principal: text(f, 'to'), add: [text(f, 'privilege')], remove: [] }]) });
        note(`${text(f, 'privilege')} on ${on ?? ''} to ${text(f, 'to')}`);
        break;
      }
      case 'reads': {
        const table = tableIn(place, text(f, 'layer') === '' ? 'silver' : text(f, 'layer'), number(f, 'thing')).full;
        for (let i = 0; i < number(f, 'by'); i++) say(at + (i + 1) * hour, random.pick(estate.people), 'unityCatalog', 'getTable', { full_name_arg: table });
        note(`${table} read ${number(f, 'by')} times`);
        break;
      }
      case 'unhealthy': {
        const table = tableIn(place, text(f, 'layer'), number(f, 'thing')).full;
        const [c, s, n] = table.split('.').map(quoteText);
        const late = text(f, 'what') === 'freshness';
        await fill(write, lake.table(['system', 'data_quality_monitoring', 'table_results']), `SELECT ${moment(at + 3 * hour)} AS event_time, ${c ?? ''} AS catalog_name, ${s ?? ''} AS schema_name, ${n ?? ''} AS table_name, bw.uuid(${quoteText(table)}) AS table_id, 'Unhealthy' AS status,
          {'status': '${late ? 'Unhealthy' : 'Healthy'}', 'commit_freshness': {'status': '${late ? 'Unhealthy' : 'Healthy'}', 'last_value': ${moment(at - 26 * hour)}, 'predicted_value': ${moment(at)}}} AS freshness, {'status': '${late ? 'Healthy' : 'Unhealthy'}'} AS completeness, {'impact_level': 3, 'num_downstream_tables': 4} AS downstream_impact`);
        note(`${table} unhealthy: ${text(f, 'what')}`);
        break;
      }
      case 'labels': {
        const log = lake.table(tableIn(place, 'inference_log', 0).full.split('.'));
        const column = (name: string): string => log.schemas.at(-1)?.columns.find((x) => x.name === name)?.physical ?? '';
        await write.run(`UPDATE ${storage(log)} SET ${column('prediction')} = ${column('label')} * ${number(f, 'error')} WHERE ${column('requested_at')} >= ${moment(at)}`);
        note(`predictions in ${tableIn(place, 'inference_log', 0).full} are off by a factor of ${number(f, 'error')}`);
        break;
      }
      case 'flows': {
        const [source, target] = [tableIn(place, text(f, 'from'), number(f, 'thing')), tableIn(place, text(f, 'to'), 0)];
        const ends = (end: string, full: string): string => full.split('.').map((part, i) => `${quoteText(part)} AS ${end}_table_${['catalog', 'schema', 'name'][i] ?? ''}`).join(', ') + `, ${quoteText(full)} AS ${end}_table_full_name, 'TABLE' AS ${end}_type`;
        const base = `SELECT ${t.ids}, '${plan.metastoreId}' AS metastore_id, 'JOB' AS entity_type, ${quoteText(target.job ?? '')} AS entity_id, ${ends('source', source.full)}, ${ends('target', target.full)}, ${quoteText(by)} AS created_by, ${moment(at + hour)} AS event_time, CAST(${moment(at + hour)} AS DATE) AS event_date, bw.uuid('flow') AS record_id, bw.uuid('flow+') AS event_id, TRUE AS direct_access`;
        await fill(write, lake.table(['system', 'access', 'table_lineage']), base);
        await fill(write, lake.table(['system', 'access', 'column_lineage']), `${base}, ${quoteText(text(f, 'column'))} AS source_column_name, ${quoteText(text(f, 'as'))} AS target_column_name`);
        const rows = tableNow(target.full);
        const into = rows.schemas.at(-1)?.columns.find((x) => x.name === text(f, 'as'))?.physical;
        if (into !== undefined) await write.run(`UPDATE ${storage(rows)} SET ${into} = 'person' || __row_id || '@mail.example'`);
        note(`${source.full}.${text(f, 'column')} flows into ${target.full}.${text(f, 'as')}`);
        break;
      }
      case 'promotes': {
        const model = estate.models.find((m) => m.area === incident.area && m.inference !== null);
        if (model === undefined) break;
        const version = model.versions.length;
        const when = at - number(f, 'before-hours') * hour;
        say(when, by, 'unityCatalog', 'setRegisteredModelAlias', { full_name_arg: model.full, full_name: model.full, alias: 'champion', version_num: String(version) });
        if (f['serve'] === true) {
          await saveDocuments(write, [{ kind: 'served', id: model.full, at: when, body: { model: model.full, version, at: Math.floor(when) } }]);
          const { endpoint } = model;
          if (endpoint !== null)
            await fill(write, lake.table(['system', 'serving', 'served_entities']), servedRow(t, model.full, endpoint, { by, version, config: version, least: 0, most: 4, at: when }));
        }
        note(`alias champion of ${model.full} set to version ${version}`);
        break;
      }
      default:
        note(`${name} ${JSON.stringify(f)}`);
    }
  }
  await appendVersion(lake, write, ['system', 'access', 'audit'], 'System user', audit);
  return told;
}; // prettier-ignore
