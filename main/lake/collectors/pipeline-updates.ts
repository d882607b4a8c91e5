import { isJsonObject, type JsonValue } from '../../../shared/base/json.ts';
import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { jobAsset, workspaceAsset } from '../assets.ts';
import { anHour, type CollectContext, type Collector } from '../collector.ts';
import { labelOf } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { instantOf, objectOf, resultIn, textOf } from '../rows.ts';
import { oneOf, scoped } from '../scope-filter.ts';
import { asJson, asMicros, asText } from '../select.ts';
import { mergeSlices } from '../slices.ts';
import { tableCollector, type Lacks } from '../table-source.ts';
import { updateTitle } from '../titles.ts';
import { timeWindow } from '../window.ts';
import { mergeUpdates, updateCompute } from './rest-update.ts';

const kind = statementKind('lake.pipeline-updates', 'read', 'updates of pipelines, in time slices');
const countKind = statementKind('lake.pipeline-updates.count', 'read', 'how many slices of pipeline updates there are');
const source = 'system.lakeflow.pipeline_update_timeline';
const table = { catalog: 'system', schema: 'lakeflow', table: 'pipeline_update_timeline' };
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('pipeline_id', { as: 'pipeline', required: true }),
  asText('update_id', { as: 'id', required: true }),
  asMicros('period_start_time', { as: 'slice_start' }),
  asMicros('period_end_time', { as: 'slice_end', required: true }),
  asText('result_state', { as: 'result' }),
  asText('update_type', { as: 'type' }),
  asText('trigger_type', { as: 'trigger_kind' }),
  asText('run_as_user_name', { as: 'run_as' }),
  asJson('trigger_details', {
    as: 'details',
    fields: [
      ['job_task', 'job_id'],
      ['job_task', 'job_task_run_id'],
    ],
  }),
  asJson('compute', { fields: [['type'], ['cluster_id']] }),
];

const inner = (value: JsonValue | undefined, name: string): JsonValue =>
  isJsonObject(value) ? (value[name] ?? null) : null;

const sliceFact = (row: TextRow, context: CollectContext, lacks: Lacks): LakeFact | null => {
  const [ws, pipeline, id] = [textOf(row, 'ws'), textOf(row, 'pipeline'), textOf(row, 'id')];
  const end = instantOf(row, 'slice_end');
  if (ws === null || pipeline === null || id === null || end === null) return null;
  const raw = textOf(row, 'result');
  const [details, compute] = [objectOf(row, 'details'), objectOf(row, 'compute')];
  const job = inner(inner(details, 'job_task'), 'job_id');
  const asset = workspaceAsset('pipeline', ws, pipeline);
  const fact = makeFact(context, {
    source,
    kind: 'pipeline-update',
    scope: ws,
    workspace: ws,
    native: id,
    at: end,
    assets: [asset, ...(typeof job === 'string' && job !== '' ? [jobAsset(ws, job)] : [])],
    title: '',
    data: {
      update: id, pipeline, workspace: ws,
      startedAt: instantOf(row, 'slice_start') ?? end,
      endedAt: end,
      /** Only the last slice carries the result. */
      resultAt: raw === null ? null : end,
      result: resultIn(raw, lacks('result_state')),
      type: textOf(row, 'type'), trigger: textOf(row, 'trigger_kind'), runAs: textOf(row, 'run_as'),
      job: typeof job === 'string' ? job : null, jobTaskRun: inner(inner(details, 'job_task'), 'job_task_run_id'),
      computeType: inner(compute, 'type'), cluster: inner(compute, 'cluster_id'),
      message: null,
      raw: { result_state: raw },
    }, // prettier-ignore
  });
  return { ...fact, title: updateTitle(fact, labelOf(context.db, asset).name) };
};

/**
 * Updates of pipelines of this workspace (facts 1.1 `lakeflow.pipeline_update_timeline`): one row per slice of at most an hour,
 * the result on the last one only; about an hour late. Public Preview.
 */
export const pipelineUpdatesCollector: Collector = tableCollector({
  source,
  label: 'Updates of pipelines',
  table,
  kind,
  countKind,
  wants,
  order: 'slice_end',
  meta: {
    when: 'watch',
    features: ['failed pipeline updates as signals', 'pipeline updates in the timeline'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    otherwise: 'Updates of the pipelines of a room still come, through REST, for pipelines that you can see.',
    latenessMs: anHour,
    retentionDays: 365,
  },
  lost: { result_state: 'nothing tells how an update ended' },
  bound: (context) => (context.lane === 'pack' ? scoped(context, 'pipeline') : null),
  ask: (context) => {
    const time = timeWindow(context, 'period_end_time');
    const of = context.lane === 'pack' ? oneOf('pipeline_id', 'pipelines', scoped(context, 'pipeline')) : null;
    return {
      where: [
        ...time.where,
        { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` },
        ...(of === null ? [] : [of.where]),
      ],
      parameters: { ...time.parameters, workspace: context.workspaceId, ...of?.parameters },
    };
  },
  read: (row, context, lacks) => {
    const fact = sliceFact(row, context, lacks);
    const name = (one: LakeFact): string =>
      one.assets[0] === undefined ? '' : labelOf(context.db, one.assets[0]).name;
    const slices = mergeSlices((one) => updateTitle(one, name(one)));
    return fact === null ? null : { facts: [{ fact, merge: mergeUpdates(slices, name) }], edges: updateCompute(fact) };
  },
});
