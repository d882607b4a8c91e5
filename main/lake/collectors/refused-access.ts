import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { carrier } from '../assets.ts';
import type { CollectContext, Collector } from '../collector.ts';
import { labelOf } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { without } from '../pull.ts';
import { earlier, instantOf, later, textOf } from '../rows.ts';
import { among, scoped } from '../scope-filter.ts';
import { asJson, asMicros, asText, computedOf, fieldOf, fieldText, type Path } from '../select.ts';
import { tableCollector } from '../table-source.ts';
import { timeWindow } from '../window.ts';
import { assetOf, outcomeOf, parameters, string } from './audit-read.ts';

const kind = statementKind('lake.refused-access', 'read', 'who was refused what on tables, models and jobs in scope');
const countKind = statementKind('lake.refused-access.count', 'read', 'how often access in scope was refused');
const source = 'system.access.audit/refused';
const table = { catalog: 'system', schema: 'access', table: 'audit' };
const message: Path = ['error_message'];
const messageLimit = 300;
const status: Path = ['status_code'];
const refusedStatus = dbx`${fieldOf('response', status)} IN (401, 403)`;
const wants = [
  asText('event_id', { as: 'event' }),
  asText('workspace_id', { as: 'ws' }),
  asMicros('event_time', { as: 'at', required: true }),
  asText('service_name', { as: 'service' }),
  asText('action_name', { as: 'action' }),
  asJson('request_params', { as: 'params' }),
  fieldText('user_identity', 'email', { as: 'who' }),
  fieldText('response', 'status_code', { as: 'status' }),
  computedOf('response', 'why', [message], (has) =>
    has('response', message) ? dbx`left(${fieldOf('response', message)}, ${messageLimit})` : null,
  ),
];

/**
 * Reads and uses, in words; changes that were refused are told by the audit log's own source. Only actions whose name and whose key
 * in `request_params` others are known to query in this table: `getTable` and `getRegisteredModel` name the thing in
 * `full_name_arg`, `generateTemporaryTableCredential` in `table_full_name` (docs: auditing of data sharing lists that key and
 * `operation`), `runNow` of service `jobs` in `job_id`. For versions of models none is known: they are not asked for.
 */
const actions: Readonly<Record<string, string>> = {
  getTable: 'the definition of', generateTemporaryTableCredential: 'the data of', getRegisteredModel: 'the registration of',
  runNow: 'a run of',
}; // prettier-ignore

/** A privilege that the refusal names. Its words may change and may hold anything: nothing else of them is kept. */
const privilegePattern =
  /\b(SELECT|MODIFY|USE[ _]CATALOG|USE[ _]SCHEMA|EXECUTE|BROWSE|MANAGE|CAN[ _]MANAGE[ _]RUN|CAN[ _]VIEW|CAN[ _]MANAGE)\b/;
const privilegeOf = (row: TextRow): string | null =>
  privilegePattern.exec(textOf(row, 'why') ?? '')?.[1]?.replaceAll('_', ' ') ?? null;

/** One fact an hour for one person, thing and action: whoever asks every minute would bury the rest. */
const hourOf = (at: string): string => at.slice(0, 13);

const refusedFact = (row: TextRow, context: CollectContext): LakeFact | null => {
  const [at, service, action] = [instantOf(row, 'at'), textOf(row, 'service'), textOf(row, 'action')];
  if (at === null || service === null || action === null) return null;
  const { kept } = parameters(row);
  const ws = textOf(row, 'ws') ?? context.workspaceId;
  const asset = assetOf(action, service, kept, context, ws);
  if (asset === null) return null;
  const who = textOf(row, 'who');
  const privilege = privilegeOf(row);
  const operation = string(kept, 'operation');
  const name = labelOf(context.db, asset).name;
  const what =
    privilege !== null
      ? `${privilege} on ${name}`
      : operation === 'READ_WRITE'
        ? `writing ${name}`
        : `${actions[action] ?? action} ${name}`;
  return makeFact(context, {
    source,
    kind: 'audit',
    scope: ws,
    workspace: ws,
    native: `refused/${who ?? ''}/${asset}/${action}/${privilege ?? ''}/${hourOf(at)}`,
    at,
    assets: [asset],
    title: `${who ?? 'Somebody'} was refused ${what}`,
    data: {
      service, action, by: who, status: textOf(row, 'status'), refused: true, privilege, operation, firstAt: at, lastAt: at,
    },
  }); // prettier-ignore
};

/** The same refusal in the same hour: from its first to its last time, in whatever order they are read. */
const mergeRefusals = (old: LakeFact, next: LakeFact): LakeFact => {
  const text = (fact: LakeFact, key: string): string =>
    typeof fact.data[key] === 'string' ? fact.data[key] : fact.happenedAt;
  const firstAt = earlier(text(old, 'firstAt'), text(next, 'firstAt')) ?? next.happenedAt;
  const lastAt = later(text(old, 'lastAt'), text(next, 'lastAt')) ?? next.happenedAt;
  return { ...next, happenedAt: firstAt, data: { ...next.data, firstAt, lastAt } };
};

const notNamed = without(['service_name', 'action_name', 'request_params'], 'nothing tells what somebody was refused');

/**
 * Who was refused what on the tables, models and jobs in scope (facts 1.1 `access.audit`: `response.status_code` 401 and 403). Only
 * actions that name the thing: what Databricks SQL logs of a statement is its text, which is never asked for. Around rooms only,
 * since every refusal of a region would be read otherwise. Public Preview.
 */
export const refusedAccessCollector: Collector = tableCollector({
  source,
  label: 'Refused access',
  table,
  kind,
  countKind,
  wants,
  order: 'at',
  cannot: (has) =>
    has('response', status) ? notNamed(has) : 'Without response.status_code, nothing tells which access was refused.',
  meta: {
    covers: 'region',
    when: 'room',
    features: ['who was refused access to what'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    latenessMs: null,
    retentionDays: 365,
  },
  bound: (context) => scoped(context, 'table', 'view', 'feature-table', 'model', 'job'),
  ask: (context) => {
    const time = timeWindow(context, 'event_time', 'event_date');
    const names = among(
      'request_params',
      dbx`coalesce(request_params['full_name_arg'], request_params['table_full_name'])`,
      'names',
      scoped(context, 'table', 'view', 'feature-table', 'model'),
    );
    const jobs = among('request_params', dbx`request_params['job_id']`, 'jobs', scoped(context, 'job'));
    return {
      where: [
        ...time.where,
        { needs: 'service_name', piece: dbx`service_name IN ('unityCatalog', 'jobs')` },
        { needs: 'action_name', piece: dbx`array_contains(split(:actions, ','), action_name)` },
        { needs: null, piece: refusedStatus },
        { needs: 'request_params', piece: dbx`(${names.where.piece} OR ${jobs.where.piece})` },
      ],
      parameters: {
        ...time.parameters,
        ...names.parameters,
        ...jobs.parameters,
        actions: Object.keys(actions).join(','),
      },
    };
  },
  read: (row, context) => {
    if (outcomeOf(row) !== 'refused') return {};
    const fact = refusedFact(row, context);
    if (fact === null) return null;
    // A job of another workspace may have the same id.
    const isMeant = fact.assets.some((asset) => context.scope.has(carrier(asset)));
    return isMeant ? { facts: [{ fact, merge: mergeRefusals }] } : {};
  },
});
