import type { AssetId } from '../../../shared/domain/ids.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind, type Piece } from '../../databricks/statements.ts';
import { carrier, factId } from '../assets.ts';
import type { Collector, CollectContext } from '../collector.ts';
import { labelOf } from '../labels.ts';
import { personalTablesIn } from '../personal.ts';
import type { LakeFact } from '../port.ts';
import { without, type Condition, type Parameters } from '../pull.ts';
import { instantOf, textOf } from '../rows.ts';
import { among, scoped } from '../scope-filter.ts';
import { asJson, asMicros, asText, fieldText } from '../select.ts';
import { tableCollector, type Lacks } from '../table-source.ts';
import { timeWindow } from '../window.ts';
import { assetOf, outcomeOf, parameters, string } from './audit-read.ts';
import { grantActions, grantChanges, grantTitle } from './audit-grants.ts';
import { holdsTables, keepReach, personalAssets, personalData, securableOf } from './grant-reach.ts';

const kind = statementKind('lake.audit', 'read', 'changes to tables, models and jobs, with who made them');
const countKind = statementKind('lake.audit.count', 'read', 'how many changes to tables, models and jobs there are');
const source = 'system.access.audit';
const table = { catalog: 'system', schema: 'access', table: 'audit' };
const wants = [
  asText('event_id', { as: 'event', required: true }),
  asText('workspace_id', { as: 'ws' }),
  asMicros('event_time', { as: 'at', required: true }),
  asText('service_name', { as: 'service' }),
  asText('action_name', { as: 'action' }),
  asJson('request_params', { as: 'params' }),
  fieldText('user_identity', 'email', { as: 'who' }),
  fieldText('response', 'status_code', { as: 'status' }),
];

/** Changes only; reads, logins and runs are not asked for. Words for people by action. */
const actions: Readonly<Record<string, string>> = {
  setRegisteredModelAlias: 'alias set', deleteRegisteredModelAlias: 'alias deleted', deleteModelVersion: 'model version deleted',
  deleteRegisteredModel: 'model deleted', createTable: 'table created', updateTables: 'table changed', updateTable: 'table changed',
  deleteTable: 'table deleted', updatePermissions: 'permissions changed', create: 'job created', update: 'job changed',
  reset: 'job settings replaced', delete: 'job deleted', changeJobAcl: 'permissions of the job changed', cancelAllRuns: 'all runs cancelled',
}; // prettier-ignore

/** A right on a schema or catalog reaches the tables in it: those in scope and those with personal data; bounded, nearest first. */
const reached = (name: string, personal: readonly string[], context: CollectContext): readonly AssetId[] => [
  ...new Set([
    ...personalAssets(personal, context.metastoreId),
    ...[...context.scope.keys()]
      .map(carrier)
      .filter((asset) => asset.startsWith(`table|${context.metastoreId.toLowerCase()}|${name.toLowerCase()}.`))
      .slice(0, 100),
  ]),
];

const auditFact = (row: TextRow, context: CollectContext, lacks: Lacks): LakeFact | null => {
  const [event, at, service, action] = [
    textOf(row, 'event'),
    instantOf(row, 'at'),
    textOf(row, 'service'),
    textOf(row, 'action'),
  ];
  if (event === null || at === null || service === null || action === null) return null;
  const { kept: params, changes } = parameters(row);
  const ws = textOf(row, 'ws') ?? context.workspaceId;
  const asset = assetOf(action, service, params, context, ws);
  const name = securableOf(params);
  const short = name.split('.').at(-1) ?? name;
  const isMove = action === 'setRegisteredModelAlias';
  const isGrant = grantActions.has(action);
  const grants = isGrant ? grantChanges({ ...params, changes }) : [];
  const personal = isGrant && service === 'unityCatalog' ? personalTablesIn(context, name) : [];
  const all = asset !== null ? [asset] : isGrant && name !== '' ? reached(name, personal, context) : [];
  const [alias, to] = [string(params, 'alias'), string(params, 'version_num', 'version')];
  const title =
    isMove && alias !== null
      ? `Alias ${alias} of model ${short} moved to version ${to ?? 'unknown'}`
      : isGrant
        ? grantTitle(grants, asset === null ? short || 'something' : labelOf(context.db, asset).name)
        : `${(actions[action] ?? action).replace(/^./, (first) => first.toUpperCase())}${short === '' ? '' : `: ${short}`}`;
  const [status, outcome] = [textOf(row, 'status'), outcomeOf(row)];
  const doubt = lacks('response') || lacks('response.status_code');
  // What was refused or failed has moved and changed nothing: it is told as what it is.
  const kindNow = outcome !== 'done' ? 'audit' : isMove ? 'alias-move' : isGrant ? 'grant-change' : 'audit';
  return {
    id: factId(kindNow, ws, event),
    kind: kindNow,
    source,
    workspace: ws,
    happenedAt: at,
    observedAt: context.observedAt,
    completeTo: null,
    assets: all,
    title: doubt
      ? `${title} (or refused: the outcome cannot be read)`
      : outcome === 'done'
        ? title
        : `${title} (${outcome})`,
    data: {
      service, action, by: textOf(row, 'who'), status, parameters: params, ...(outcome === 'refused' ? { refused: true } : {}),
      ...(isGrant ? { grants: grants.map((one) => ({ ...one, add: [...one.add], remove: [...one.remove] })) } : {}),
      ...(isGrant && service === 'unityCatalog' ? { metastore: context.metastoreId } : {}),
      ...personalData(personal),
      ...(isMove ? { model: name.toLowerCase(), alias, to, from: null } : {}),
    }, // prettier-ignore
  };
};

/** Every way in which a row names a table, model, schema or catalog (audit-read.ts, grant-reach.ts), in one or in parts. */
const names: readonly Piece[] = [
  dbx`request_params['full_name_arg']`, dbx`request_params['securable_full_name']`, dbx`request_params['table_full_name']`,
  dbx`request_params['full_name']`, dbx`request_params['name']`,
  dbx`concat(request_params['catalog_name'], '.', request_params['schema_name'], '.', request_params['name'])`,
  dbx`concat(request_params['catalog_name'], '.', request_params['schema_name'], '.', request_params['model_name'])`,
]; // prettier-ignore
const jobs: readonly Piece[] = [dbx`request_params['job_id']`, dbx`request_params['jobId']`];

/**
 * A room asks for rows that name something of it, or a schema or catalog above that, by any key that is read afterwards; so no row is
 * left behind that would be kept. Lists of who may do what on jobs name theirs by a path, and there are few: all of them come.
 */
const ofRoom = (context: CollectContext): { readonly where: Condition; readonly parameters: Parameters } => {
  const own = scoped(context, 'table', 'view', 'feature-table', 'model');
  const above = own.flatMap((name) => {
    const [catalog = '', schema = ''] = name.split('.');
    return [catalog, `${catalog}.${schema}`];
  });
  const named = names.map((value) => among('request_params', value, 'names', [...new Set([...own, ...above])]));
  const ofJobs = jobs.map((value) => among('request_params', value, 'jobs', scoped(context, 'job')));
  const either = [...named, ...ofJobs].map(({ where }) => where.piece).reduce((a, b) => dbx`${a} OR ${b}`);
  return {
    where: { needs: 'request_params', piece: dbx`(${either} OR request_params['resourceId'] IS NOT NULL)` },
    parameters: Object.assign({}, ...[...named, ...ofJobs].map((one) => one.parameters)) as Parameters,
  };
};

/**
 * Facts about nothing that we know are left out, but for rights on a schema or catalog, whose tables may be known as personal later; so
 * is, around a room, what touches none of its assets.
 */
const belongs = (fact: LakeFact, context: CollectContext): boolean =>
  (context.lane === 'watch' && fact.kind === 'grant-change' && holdsTables(fact.data['parameters'])) ||
  fact.assets.some((asset) => context.lane === 'watch' || context.scope.has(carrier(asset)));

const told = ['service_name', 'action_name'];
const untold = 'nothing tells what was changed';

/** Changes in the audit log, with who made them: the log names no run and no reason. */
export const auditCollector: Collector = tableCollector({
  source,
  label: 'Audit log',
  table,
  kind,
  countKind,
  wants,
  order: 'at',
  cannot: without(told, untold),
  lost: {
    request_params: 'nothing tells on what something was changed',
    'response.status_code': 'nothing tells whether a change was refused',
    response: 'nothing tells whether a change was refused',
  },
  meta: {
    covers: 'region',
    when: 'watch',
    features: ['who changed tables, models, jobs and rights'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    latenessMs: null,
    retentionDays: 365,
  },
  ask: (context) => {
    const time = timeWindow(context, 'event_time', 'event_date');
    const room = context.lane === 'pack' ? ofRoom(context) : null;
    return {
      where: [
        ...time.where,
        { needs: 'service_name', piece: dbx`service_name IN ('unityCatalog', 'jobs')` },
        // One parameter, so that the list is data and the statement stays the same.
        { needs: 'action_name', piece: dbx`array_contains(split(:actions, ','), action_name)` },
        ...(room === null ? [] : [room.where]),
      ],
      parameters: { ...time.parameters, ...room?.parameters, actions: Object.keys(actions).join(',') },
      // Around a room nothing of it could be told from anything else.
      ...(room === null ? {} : { cannot: without([...told, 'request_params'], untold) }),
    };
  },
  read: (row, context, lacks) => {
    const fact = auditFact(row, context, lacks);
    if (fact === null) return null;
    return belongs(fact, context)
      ? { facts: [fact.kind === 'grant-change' ? { fact, merge: keepReach } : { fact }] }
      : {};
  },
});
