import type { JsonObject, JsonValue } from '../../../shared/base/json.ts';
import { toInstant, type Instant } from '../../../shared/base/time.ts';
import { factId, workspaceAsset } from '../assets.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import { computeEdges } from '../compute-edges.ts';
import { labelOf } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeEdge, LakeFact } from '../port.ts';
import { idText, instant, object, objects, text } from '../rest-read.ts';
import { normaliseResult } from '../rows.ts';
import { updateTitle } from '../titles.ts';
import { said } from '../values.ts';
import { mergeSources, newerAnswer } from './merge-runs.ts';

/** Updates of pipelines as REST tells them, at once; the system table tells the same an hour later (facts 1.0, 3.2). */
export const restUpdatesSource = 'rest.pipelines.updates';

/** Milliseconds in the list of updates, text with a zone in `latest_updates` and in events. */
export const momentOf = (value: JsonValue | undefined): Instant | null => {
  if (typeof value !== 'string') return instant(value);
  const ms = /^\d{13}$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isFinite(ms) && ms > 0 && ms < 4_102_444_800_000 ? toInstant(ms) : null;
};

/** Ends of updates, from the pipeline's events: the newest word about the progress of an update is its end. */
export const endsOf = (events: readonly JsonObject[]): ReadonlyMap<string, Instant> => {
  const ends = new Map<string, Instant>();
  for (const event of events) {
    const [update, at] = [text(object(event['origin'])['update_id']), momentOf(event['timestamp'])];
    if (update === null || at === null || event['event_type'] !== 'update_progress') continue;
    const known = ends.get(update);
    if (known === undefined || known < at) ends.set(update, at);
  }
  return ends;
};

/** One update as `/updates` shows it. */
export type RestUpdate = {
  readonly id: string;
  readonly createdAt: Instant;
  readonly ended: boolean;
  readonly body: JsonObject;
};
export const restUpdate = (body: JsonObject): RestUpdate | null => {
  const [id, createdAt] = [idText(body['update_id']), momentOf(body['creation_time'])];
  if (id === null || createdAt === null) return null;
  return { id, createdAt, ended: normaliseResult(text(body['state'])) !== 'running', body };
};

/** `replaced` is what REST said; what the system table says of the same update counts as soon as it has its result. */
export const mergeUpdates = (
  same: (old: LakeFact, next: LakeFact) => LakeFact,
  name: (fact: LakeFact) => string,
): ((old: LakeFact, next: LakeFact) => LakeFact) =>
  mergeSources(same, {
    rest: restUpdatesSource,
    title: (fact) => updateTitle(fact, name(fact)),
    words: ['message', 'trigger', 'cluster'],
    repeats: false,
  });

/** Two answers of REST: the later one, but an end that was found in the events stays. */
const newerUpdate = (old: LakeFact, next: LakeFact): LakeFact => {
  const merged = newerAnswer(old, next);
  const known = [old, next].find((fact) => fact.data['result'] === merged.data['result'] && fact.data['resultAt'] !== null); // prettier-ignore
  if (merged.data['resultAt'] !== null || known === undefined) return merged;
  const { endedAt, resultAt } = known.data;
  return { ...merged, happenedAt: known.happenedAt, data: { ...merged.data, endedAt: endedAt ?? null, resultAt: resultAt ?? null } }; // prettier-ignore
};

export const updateFactId = (workspace: string, update: string): string => factId('pipeline-update', workspace, update);

/** The fact of an update. `endedAt`: null where it goes on, and where no event tells when it ended. */
export const updateFact = (
  { id, createdAt, ended, body }: RestUpdate,
  pipeline: { readonly id: string; readonly name: string | null },
  endedAt: Instant | null,
  context: CollectContext,
): CollectedFact => {
  const ws = context.workspaceId;
  const asset = workspaceAsset('pipeline', ws, pipeline.id);
  const raw = text(body['state']);
  const label = labelOf(context.db, asset).name;
  // Where only REST says what it is called, that name is stored together with this fact.
  const name = label.startsWith('pipeline ') ? (pipeline.name ?? label) : label;
  const end = ended ? endedAt : null;
  // Never kept: `config` and `parameters`.
  const fact = makeFact(context, {
    source: restUpdatesSource,
    kind: 'pipeline-update',
    scope: ws,
    native: id,
    at: end ?? createdAt,
    assets: [asset],
    title: '',
    data: {
      update: id, pipeline: pipeline.id, workspace: ws, startedAt: createdAt, endedAt: end, resultAt: end,
      result: normaliseResult(raw),
      type: body['validate_only'] === true ? 'VALIDATE' : body['full_refresh'] === true ? 'FULL_REFRESH' : 'REFRESH',
      trigger: text(body['cause']), runAs: null, job: null, jobTaskRun: null, computeType: null, cluster: idText(body['cluster_id']),
      message: null,
      raw: { state: raw },
    }, // prettier-ignore
  });
  return { fact: { ...fact, title: updateTitle(fact, name) }, merge: mergeUpdates(newerUpdate, () => name) };
};

/** The cluster on which an update ran, where it says one: serverless updates have none. */
export const updateCompute = ({ assets, source, workspace, happenedAt, data }: LakeFact): readonly LakeEdge[] => {
  const [pipeline] = assets;
  const id = said(data['cluster']);
  const first = said(data['startedAt']) || happenedAt;
  return pipeline === undefined || id === ''
    ? []
    : computeEdges(pipeline, [{ kind: 'cluster', id }], { source, workspace, first, last: happenedAt });
};

/** Ids and states of `latest_updates`: whether there is anything new to ask about. */
export const latestUpdates = (pipeline: JsonObject): readonly { readonly id: string; readonly state: string }[] =>
  objects(pipeline['latest_updates']).flatMap((one) => {
    const id = idText(one['update_id']);
    return id === null ? [] : [{ id, state: said(one['state']) }];
  });
