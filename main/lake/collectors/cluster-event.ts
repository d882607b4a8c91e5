import type { JsonObject, JsonValue } from '../../../shared/base/json.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import { workspaceAsset } from '../assets.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import { labelOf } from '../labels.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { later } from '../rows.ts';
import { instant, object, text } from '../rest-read.ts';
import { said } from '../values.ts';
import { shortMessage } from './messages.ts';

/** Events of clusters as REST tells them (facts 3.5). */
export const clusterEventsSource = 'rest.clusters.events';

/** Routine, many a day, and nothing that anybody looks for; whatever else comes is kept, known or not. */
const routine: ReadonlySet<string> = new Set([
  'AUTOSCALING_STATS_REPORT', 'INIT_SCRIPTS_STARTED', 'INIT_SCRIPTS_FINISHED', 'DRIVER_HEALTHY', 'PINNED', 'UNPINNED', 'EXPANDED_DISK',
]); // prettier-ignore

/** What a person should look at when work on this cluster went wrong. */
const trouble: Readonly<Record<string, string>> = {
  NODES_LOST: 'lost nodes', DRIVER_NOT_RESPONDING: 'has a driver that does not respond', DRIVER_UNAVAILABLE: 'has no driver that can be reached',
  METASTORE_DOWN: 'cannot reach its metastore', DBFS_DOWN: 'cannot reach DBFS', SPARK_EXCEPTION: 'met a Spark exception', ADD_NODES_FAILED: 'could not add nodes',
  AUTOSCALING_FAILED: 'could not scale', NODE_BLACKLISTED: 'excluded a node', NODE_EXCLUDED_DECOMMISSIONED: 'excluded a node',
  FAILED_TO_EXPAND_DISK: 'could not enlarge a disk',
}; // prettier-ignore
const words: Readonly<Record<string, string>> = {
  ...trouble,
  CREATING: 'is being created', STARTING: 'is starting', RESTARTING: 'is restarting', RUNNING: 'is running', TERMINATING: 'is terminating', EDITED: 'was edited',
  RESIZING: 'is resizing', UPSIZE_COMPLETED: 'has grown', AUTOSCALING_BACKOFF: 'waits before it scales', DID_NOT_EXPAND_DISK: 'did not enlarge a disk',
  AUTOMATIC_CLUSTER_UPDATE: 'was updated by the platform', CLUSTER_MIGRATED: 'was migrated',
}; // prettier-ignore

/** Ends that are nobody's trouble (`termination_reason.type`, facts 3.5). */
const isBadEnd = (type: string | null): boolean => type !== null && type !== 'SUCCESS';

/** Parameters of a termination: names and short values; they say which limit, which host or which error it was. */
const parametersOf = (value: JsonValue | undefined): JsonObject =>
  Object.fromEntries(
    Object.entries(object(value))
      .slice(0, 12)
      .flatMap(([key, one]) =>
        typeof one === 'string' || typeof one === 'number'
          ? [[key.slice(0, 60), typeof one === 'string' ? shortMessage(one) : one]]
          : [],
      ),
  );

const sizeOf = (type: string, details: JsonObject): string => {
  const [from, to] = [details['current_num_workers'], details['target_num_workers']];
  if (typeof to !== 'number') return '';
  if (type === 'NODES_LOST') return typeof from === 'number' ? ` (${from} of ${to} workers left)` : '';
  if (type !== 'RESIZING' && type !== 'UPSIZE_COMPLETED') return '';
  return typeof from === 'number' && from !== to ? ` from ${from} to ${to} workers` : ` to ${to} workers`;
};

/** Two reads of one event: which jobs it is about may be known later than the event, whichever is read first. */
const withAllAssets = (old: LakeFact, next: LakeFact): LakeFact => ({
  ...next,
  observedAt: later(old.observedAt, next.observedAt) ?? next.observedAt,
  assets: [...new Set([...next.assets, ...old.assets])].sort(),
});

/** A fact, `routine` where nothing is kept of it, null where it cannot be read. `jobsAt`: jobs that ran on it at a moment. */
export const clusterEvent = (
  value: JsonObject,
  cluster: string,
  context: CollectContext,
  jobsAt: (moment: string) => readonly AssetId[],
): CollectedFact | 'routine' | null => {
  const [type, at] = [text(value['type']), instant(value['timestamp'])];
  if (type === null || at === null) return null;
  if (routine.has(type)) return 'routine';
  const asset = workspaceAsset('cluster', context.workspaceId, cluster);
  const details = object(value['details']);
  const reason = object(details['reason']);
  const [code, ends] = [text(reason['code']), text(reason['type'])];
  const [user, instance] = [text(details['user']), text(details['instance_id'])];
  const driver = text(details['driver_state_message']);
  const name = labelOf(context.db, asset).name.replace(/^cluster /, '');
  const because = code === null ? '' : `: ${code}`;
  const by = type === 'EDITED' && user !== null ? ` by ${user}` : '';
  const fact = makeFact(context, {
    source: clusterEventsSource,
    kind: 'compute-event',
    scope: context.workspaceId,
    native: `${cluster}/${at}/${type}${instance === null ? '' : `/${instance}`}`,
    at,
    assets: [asset, ...jobsAt(at)].sort(),
    title: `Cluster ${name} ${words[type] ?? type.toLowerCase().replaceAll('_', ' ')}${sizeOf(type, details)}${by}${because}`,
    // Never kept: `attributes`, before and after an edit. They hold environment variables and Spark settings; what was changed is
    // told field by field by the definition of the cluster.
    data: {
      cluster, event: type, trouble: Object.hasOwn(trouble, type) || isBadEnd(ends), user, instance,
      cause: text(details['cause']), reason: code, reasonType: ends, parameters: parametersOf(reason['parameters']),
      workers: typeof details['current_num_workers'] === 'number' ? details['current_num_workers'] : null,
      targetWorkers: typeof details['target_num_workers'] === 'number' ? details['target_num_workers'] : null,
      driver: driver === null ? null : shortMessage(driver),
      raw: { type: said(value['type']) },
    }, // prettier-ignore
  });
  return { fact, merge: withAllAssets };
};
