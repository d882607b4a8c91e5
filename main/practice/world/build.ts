import type { JsonObject } from '../../../shared/base/json.ts';
import type { Lake } from '../duck/lake.ts';
import type { Alteration } from '../duck/statements.ts';
import { auditRow, domainEvents } from './audit.ts';
import { stamp, Telling, type Row } from './bulk.ts';
import { saveDocuments, type Document } from './documents.ts';
import { placeScenarios } from './estate/incident.ts';
import type { Estate } from './estate/plan.ts';
import type { Scenario } from '../scenario-shape.ts';
import { tellEstate, tellIncident, type Traces } from './estate/tell.ts';
import { dueAt, holdBack } from './late.ts';
import { driftRows, firstWindow, lastWindowEnd, monitored, monitorName, profileRows } from './monitors.ts';
import { hour, jobOf, tableOf, slots, slotStart, type DomainPlan, type Plan, type PlannedTable } from './plan.ts';
import { createRandom, type Random } from './random.ts';
import { roundRows } from './rows.ts';
import { allRuns, columnRows, lineageRows, runDocument, runRows, taskRows, usageRow, type Run } from './runs.ts';
import { driftColumns, profileColumns, systemTables } from './system-tables.ts';

const day = 24 * hour;
const tableProperties = {
  'delta.enableChangeDataFeed': 'true',
  'delta.enableRowTracking': 'true',
  'delta.columnMapping.mode': 'name',
};

/** The change that breaks a bronze table. */
const breakage = (domain: DomainPlan): Alteration => {
  const column = domain.template.weak.column;
  switch (domain.fault?.cause) {
    case 'column renamed':
      return { kind: 'rename', from: column, to: domain.fault.newName };
    case 'units changed':
      return { kind: 'type', column, type: 'bigint' };
    default:
      return { kind: 'drop', columns: [column] };
  }
};

/** Tell a table's fourteen days. */
const tellTable = async (
  lake: Lake,
  plan: Plan,
  domain: DomainPlan,
  table: PlannedTable,
  runs: readonly Run[],
  random: Random,
): Promise<Telling> => {
  const owner = jobOf(domain, table.template.job).owner;
  const [catalog, schema, name] = table.parts;
  const telling = new Telling(lake, {
    catalog,
    schema,
    name,
    columns: table.columns,
    owner,
    properties: tableProperties,
    createdAt: plan.now - 200 * day,
  });
  const broken = domain.fault !== null && table.template.role === domain.template.weak.bronze;
  let altered = !broken;
  // A harmless schema change elsewhere, in every world: not each change is a cause.
  let extended = table.template.layer !== 'bronze' || broken || !/prices|scans/.test(table.template.role);
  for (const run of runs.filter((r) => r.job.role === table.template.job)) {
    if (!extended && run.slot < 34) {
      await telling.alter(run.start - 30 * 60_000, owner, {
        kind: 'add',
        columns: [{ name: 'source_file', type: 'string' }],
      });
      extended = true;
    }
    if (!altered && domain.fault !== null && run.slot <= domain.fault.slot) {
      await telling.alter(domain.fault.onset, domain.fault.by, breakage(domain));
      altered = true;
    }
    if (run.failed && table.template.role !== domain.template.scores) continue;
    telling.append(
      run.start + (run.end - run.start) * 0.6,
      owner,
      roundRows(plan, domain, table, run.slot, random),
      table.template.layer === 'silver' ? 'MERGE' : 'WRITE',
    );
  }
  return telling;
};

const modelDocuments = (plan: Plan, domain: DomainPlan): readonly Document[] => {
  const { model } = domain;
  const [catalog_name, schema_name, name] = model.parts;
  const base = { catalog_name, schema_name, metastore_id: plan.metastoreId };
  const first = model.versions[0]?.at ?? plan.now;
  const challenger = model.aliasMove.from;
  const features = tableOf(domain, domain.template.weak.feature).full;
  const info: JsonObject = {
    ...base,
    full_name: model.full,
    name,
    owner: model.owner,
    comment: model.purpose,
    storage_location: '',
    created_at: Math.round(first),
    created_by: model.owner,
    updated_at: Math.round(model.aliasMove.at),
    updated_by: model.owner,
    aliases: [
      { alias_name: model.aliasMove.alias, version_num: model.aliasMove.to },
      { alias_name: 'previous', version_num: challenger },
    ],
  };
  return [
    { kind: 'model', id: model.full, at: first, body: info },
    ...model.versions.map((v): Document => ({
      kind: 'version',
      id: `${model.full}/${v.version}`,
      at: v.at,
      body: {
        ...base,
        model_name: name,
        version: v.version,
        source: `runs:/${v.runId}/model`,
        run_id: v.runId,
        run_workspace_id: Number(plan.workspaceId),
        status: 'READY',
        storage_location: '',
        comment: null,
        created_at: Math.round(v.at),
        created_by: model.owner,
        updated_at: Math.round(v.at),
        updated_by: model.owner,
        id: v.runId.slice(0, 8),
        // Documented for models that were packaged with a feature store: the tables whose features they look up.
        model_version_dependencies: { dependencies: [{ table: { table_full_name: features } }] },
      },
    })),
  ];
};

const jobDocument = (domain: DomainPlan, role: Parameters<typeof jobOf>[1], plan: Plan): Document => {
  const job = jobOf(domain, role);
  const at = plan.now - 190 * day;
  return {
    kind: 'job',
    id: job.id,
    at,
    body: {
      job_id: Number(job.id),
      creator_user_name: job.owner,
      run_as_user_name: job.owner,
      created_time: Math.round(at),
      settings: {
        name: job.name,
        max_concurrent_runs: 1,
        timeout_seconds: 0,
        format: 'MULTI_TASK',
        tags: { domain: domain.template.key },
        schedule: {
          quartz_cron_expression: job.everySlots > 1 ? '0 0 5 * * ?' : '0 0 0/4 * * ?',
          timezone_id: 'UTC',
          pause_status: 'UNPAUSED',
        },
        tasks: job.tasks.map((key, i) => ({
          task_key: key,
          depends_on: i === 0 ? [] : [{ task_key: job.tasks[i - 1] ?? '' }],
          notebook_task: { notebook_path: `/Workspace/${domain.template.key}/${job.name}/${key}` },
        })),
      },
    },
  };
};

const jobRows = (plan: Plan, domain: DomainPlan): { jobs: Row[]; tasks: Row[] } => {
  const jobs: Row[] = [];
  const tasks: Row[] = [];
  for (const job of domain.jobs.values()) {
    const changed = stamp(plan.now - 190 * day);
    jobs.push({
      account_id: plan.accountId,
      workspace_id: plan.workspaceId,
      job_id: job.id,
      name: job.name,
      creator_id: '7001',
      tags: { domain: domain.template.key },
      run_as: '7001',
      change_time: changed,
      delete_time: null,
      description: `${domain.title}: ${job.role}`,
      trigger_type: 'SCHEDULE',
      run_as_user_name: job.owner,
      creator_user_name: job.owner,
      paused: false,
      timeout_seconds: 0,
      create_time: changed,
    });
    for (const [i, key] of job.tasks.entries())
      tasks.push({
        account_id: plan.accountId,
        workspace_id: plan.workspaceId,
        job_id: job.id,
        task_key: key,
        depends_on_keys: i === 0 ? [] : [job.tasks[i - 1] ?? ''],
        change_time: changed,
        delete_time: null,
        timeout_seconds: 0,
      });
  }
  return { jobs, tasks };
};

/** The experiment in which the versions of a model were trained, a run each. */
const learnedRows = (plan: Plan, { model, template }: DomainPlan, random: Random): { experiments: Row[]; runs: Row[] } => {
  const experiment_id = random.digits(16);
  const ids = { account_id: plan.accountId, workspace_id: plan.workspaceId, experiment_id };
  const first = stamp((model.versions[0]?.at ?? plan.now) - day);
  return {
    experiments: [{ ...ids, name: `/Shared/${model.parts[2]}`, create_time: first, update_time: first, delete_time: null }],
    runs: model.versions.map((v) => {
      const rmse = Math.round(100 * random.between(3, 12)) / 100;
      return {
        ...ids, run_id: v.runId, run_name: `train-${v.version}`, created_by: model.owner, status: 'FINISHED',
        start_time: stamp(v.at - 52 * 60_000), end_time: stamp(v.at - 5 * 60_000), update_time: stamp(v.at - 5 * 60_000), delete_time: null,
        params: { max_depth: String(5 + v.version), learning_rate: '0.05' }, tags: { domain: template.key },
        aggregated_metrics: [{ metric_name: 'rmse', min_value: rmse, max_value: 40, latest_value: rmse }],
      };
    }),
  };
}; // prettier-ignore

/** The runs of the fourteen days, by domain: a function of the plan. */
export const planRuns = (plan: Plan): readonly (readonly Run[])[] => {
  const random = createRandom(plan.seed ^ 0x27d4eb2f);
  return plan.domains.map((domain) => allRuns(plan, domain, slots - 1, 0, random));
};

/** Write a planned world into an empty lake; what surrounds the told lines (`estate`) in a transaction of its own. */
export const buildWorld = async (
  lake: Lake,
  plan: Plan,
  estate: Estate | null,
  scenarios: readonly Scenario[],
): Promise<readonly Traces[]> => {
  const random = createRandom(plan.seed ^ 0x5bd1e995);
  const more = createRandom(plan.seed ^ 0x2545f491);
  for (const catalog of ['main', 'system', plan.catalog]) await lake.createCatalog(catalog);
  for (const schema of ['default', ...new Set(plan.schemas)]) await lake.createSchema(plan.catalog, schema, true);
  await lake.createSchema('main', 'default', true);
  for (const schema of new Set(Object.keys(systemTables).map((n) => n.split('.')[0] ?? '')))
    await lake.createSchema('system', schema, true);

  const runs = planRuns(plan);
  const tellings: Telling[] = [];
  const system = new Map<string, Row[]>(Object.keys(systemTables).map((name) => [name, []]));
  const add = (name: string, rows: readonly Row[]): void => void system.get(name)?.push(...rows);
  const documents: Document[] = [];
  const late: Row[] = [];
  for (const [i, domain] of plan.domains.entries()) {
    const own = runs[i] ?? [];
    for (const table of domain.tables.values()) tellings.push(await tellTable(lake, plan, domain, table, own, random));
    for (const table of monitored(domain)) {
      const [from, to] = [firstWindow(plan), lastWindowEnd(plan.now)];
      for (const [kind, columns, rows] of [
        ['drift', driftColumns, driftRows],
        ['profile', profileColumns, profileRows],
      ] as const) {
        const [catalog, schema, name] = monitorName(table, kind);
        const telling = new Telling(lake, {
          catalog,
          schema,
          name,
          columns,
          owner: domain.model.owner,
          createdAt: plan.now - 30 * day,
        });
        telling.append(to + 600_000, domain.model.owner, rows(domain, table, from, to, random));
        tellings.push(telling);
      }
    }
    const rows = jobRows(plan, domain);
    add('lakeflow.jobs', rows.jobs);
    add('lakeflow.job_tasks', rows.tasks);
    add(
      'lakeflow.job_run_timeline',
      own.flatMap((r) => runRows(plan, r)),
    );
    add(
      'lakeflow.job_task_run_timeline',
      own.flatMap((r) => taskRows(plan, r)),
    );
    for (const run of own) {
      const rows = lineageRows(plan, run, random);
      add('access.table_lineage', rows);
      // Of two days: each round says the same once more.
      if (run.slot < 12) add('access.column_lineage', columnRows(run, rows, more));
      const used = usageRow(plan, run, more);
      if (dueAt('billing.usage', used) <= plan.now) add('billing.usage', [used]);
      else late.push(used);
    }
    const learned = learnedRows(plan, domain, more);
    add('mlflow.experiments_latest', learned.experiments);
    add('mlflow.runs_latest', learned.runs);
    add(
      'access.audit',
      domainEvents(domain, own).map((e) => auditRow(plan, e, random)),
    );
    documents.push(
      ...[...domain.jobs.keys()].map((role) => jobDocument(domain, role, plan)),
      ...modelDocuments(plan, domain),
    );
    documents.push(...own.map((r): Document => ({ kind: 'run', id: r.runId, at: r.start, body: runDocument(r) })));
  }
  for (const [full, columns] of Object.entries(systemTables)) {
    const [schema = '', name = ''] = full.split('.');
    const telling = new Telling(lake, {
      catalog: 'system',
      schema,
      name,
      columns,
      owner: 'System user',
      createdAt: plan.now - 365 * day,
    });
    telling.append(slotStart(plan, 0) + 2 * hour, 'System user', system.get(full) ?? []);
    tellings.push(telling);
  }
  await lake.write(async (write) => {
    for (const telling of tellings) await telling.write(write);
    await saveDocuments(write, documents);
    await holdBack(write, 'billing.usage', late);
    const readers = plan.domains.flatMap((d) =>
      [...d.tables.values()].map((t) => `('analysts', 'SELECT', 'TABLE', '${t.full}')`),
    );
    await write.run(`INSERT INTO bw.grants VALUES ${readers.join(', ')}`);
  });
  if (estate === null) return [];
  const incidents = placeScenarios(scenarios, plan, estate);
  await lake.write((write) => tellEstate(lake, write, plan, estate, incidents));
  const traces: Traces[] = [];
  for (const incident of incidents) traces.push(await tellIncident(lake, plan, estate, incident));
  return traces;
};
