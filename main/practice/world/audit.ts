import type { JsonObject } from '../../../shared/base/json.ts';
import { dateOf, stamp, type Row } from './bulk.ts';
import { tableOf, type DomainPlan, type Plan } from './plan.ts';
import type { Random } from './random.ts';
import type { Run } from './runs.ts';

export type AuditEvent = {
  readonly at: number;
  readonly by: string;
  readonly service: string;
  readonly action: string;
  readonly params: JsonObject;
};

export const auditRow = (plan: Plan, e: AuditEvent, random: Random): Row => ({
  account_id: plan.accountId,
  workspace_id: plan.workspaceId,
  version: '2.0',
  event_time: stamp(e.at),
  event_date: dateOf(e.at),
  source_ip_address: `10.20.${random.integer(0, 9)}.${random.integer(2, 250)}`,
  user_agent: 'Databricks-Service/driver',
  session_id: null,
  user_identity: { email: e.by, subject_name: null },
  service_name: e.service,
  action_name: e.action,
  request_id: random.uuid(),
  request_params: e.params,
  response: { status_code: 200, error_message: null, result: null },
  audit_level: 'WORKSPACE_LEVEL',
  event_id: random.hex(32),
  identity_metadata: { run_by: e.by, run_as: e.by, acting_resource: null },
});

/** What a domain leaves in the audit log: models and aliases, the change that broke it, finished runs. */
export const domainEvents = (domain: DomainPlan, runs: readonly Run[]): readonly AuditEvent[] => {
  const { model, fault, template } = domain;
  const events: AuditEvent[] = [];
  for (const v of model.versions) {
    const [catalog_name = '', schema_name = '', model_name = ''] = model.full.split('.');
    events.push({
      at: v.at,
      by: model.owner,
      service: 'unityCatalog',
      action: 'createModelVersion',
      params: { catalog_name, schema_name, model_name, run_id: v.runId },
    });
    events.push({
      at: v.at + 40_000,
      by: model.owner,
      service: 'unityCatalog',
      action: 'finalizeModelVersion',
      params: { full_name_arg: model.full, version: String(v.version) },
    });
  }
  const move = model.aliasMove;
  events.push({
    at: move.at,
    by: move.by,
    service: 'unityCatalog',
    action: 'setRegisteredModelAlias',
    params: { full_name_arg: model.full, full_name: model.full, alias: move.alias, version_num: String(move.to) },
  });
  if (fault !== null) {
    const table = tableOf(domain, template.weak.bronze);
    events.push({
      at: fault.onset,
      by: fault.by,
      service: 'unityCatalog',
      action: 'updateTables',
      params: { full_name_arg: table.full, name: table.parts[2], changes: fault.cause },
    });
    events.push({
      at: fault.onset - 240_000,
      by: fault.by,
      service: 'unityCatalog',
      action: 'getTable',
      params: { full_name_arg: table.full },
    });
  }
  for (const run of runs.filter((r) => r.job.everySlots > 1 || r.failed))
    events.push({
      at: run.end + 1_000,
      by: run.job.owner,
      service: 'jobs',
      action: run.failed ? 'runFailed' : 'runSucceeded',
      params: {
        jobId: run.job.id,
        runId: run.runId,
        jobTerminalState: run.failed ? 'Failed' : 'Succeeded',
        jobTriggerType: 'cron',
        taskKey: '',
      },
    });
  return events;
};
