import type { JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { carrier, factId, modelAsset, tableAsset, workspaceAsset } from '../assets.ts';
import { callsOnly, type CollectContext, type CollectedFact, type Collector } from '../collector.ts';
import { cursorTexts, ownOf } from '../cursor.ts';
import { inferenceEdge, inferenceTableOf } from '../inference-table.ts';
import type { LakeEdge } from '../port.ts';
import { getOne, idText, instant, isGone, listAll, object, objects, text } from '../rest-read.ts';
import { scoped } from '../scope-filter.ts';
import { keepState } from '../state-source.ts';
import { nextTurn, someOf } from '../turns.ts';

const source = 'rest.serving-endpoints';
const featureSource = 'rest.feature-specification';
const base = '/api/2.0/serving-endpoints';
/** Endpoints looked at closely per pull; more of them take turns. */
const maxEndpoints = 60;

/** What an endpoint serves: only what names and counts it. `environment_vars` may name secrets and is never even looked at. */
type Served = {
  readonly name: string;
  readonly entity: string;
  readonly version: string | null;
  readonly traffic: number | null;
  readonly state: string | null;
  readonly size: string | null;
  /** Whether it costs nothing while nobody asks; null = not said. */
  readonly scalesToZero: boolean | null;
  readonly since: Instant | null;
};

const isCatalogName = (name: string): boolean => name.split('.').length === 3;

/** Route keys have two spellings (facts 3.4). */
const trafficOf = (config: JsonObject): ReadonlyMap<string, number> =>
  new Map(
    objects(object(config['traffic_config'])['routes']).flatMap((route): (readonly [string, number])[] => {
      const name = text(route['served_model_name']) ?? text(route['served_entity_name']);
      const share = route['traffic_percentage'];
      return name === null || typeof share !== 'number' ? [] : [[name, share]];
    }),
  );

const servedOf = (config: JsonObject): readonly Served[] => {
  const traffic = trafficOf(config);
  return objects(config['served_entities']).flatMap((one): Served[] => {
    const entity = text(one['entity_name']);
    if (entity === null) return [];
    const version = idText(one['entity_version']);
    const name = text(one['name']) ?? `${entity}-${version ?? ''}`;
    return [
      {
        name,
        entity: entity.toLowerCase(),
        version,
        traffic: traffic.get(name) ?? null,
        state: text(object(one['state'])['deployment']),
        size: text(one['workload_size']),
        scalesToZero: typeof one['scale_to_zero_enabled'] === 'boolean' ? one['scale_to_zero_enabled'] : null,
        since: instant(one['creation_timestamp']),
      },
    ];
  });
};

/** The model that an entity is a version of; null for feature specifications, external and foundation models. */
const modelOf = (served: Served, context: CollectContext): AssetId | null =>
  served.version !== null && isCatalogName(served.entity) ? modelAsset(context.metastoreId, served.entity) : null;

/** A version as it came to be served. Both sources make the same id, so that the two never count twice. */
export const servedId = (workspace: string, endpoint: string, config: string, name: string) =>
  factId('served-version', workspace, `${endpoint}/${config}/${name}`);

export const servedTitle = (endpoint: string, entity: string, version: string | null): string =>
  `Endpoint ${endpoint} serves ${version === null ? '' : `version ${version} of `}${entity.split('.').at(-1) ?? entity}`;

const factsOf = (
  endpoint: string,
  detail: JsonObject,
  served: readonly Served[],
  before: string | undefined,
  context: CollectContext,
): readonly CollectedFact[] => {
  const asset = workspaceAsset('endpoint', context.workspaceId, endpoint);
  const models = served.flatMap((one) => modelOf(one, context) ?? []);
  const config = object(detail['config']);
  const version = idText(config['config_version']) ?? '';
  const common = { source, workspace: context.workspaceId, observedAt: context.observedAt, completeTo: null } as const;
  const state: CollectedFact = {
    fact: {
      ...common,
      id: factId('settings', context.workspaceId, `endpoint/${endpoint}/served`),
      kind: 'settings',
      happenedAt: context.observedAt,
      assets: [asset, ...new Set(models)],
      title: `What endpoint ${endpoint} serves`,
      data: {
        what: 'served', endpoint, configVersion: version, ready: text(object(detail['state'])['ready']),
        configUpdate: text(object(detail['state'])['config_update']),
        pending: servedOf(object(detail['pending_config'])).map((one) => ({ entity: one.entity, version: one.version })),
        items: served.map(({ name, entity, version, traffic, state, size, scalesToZero }) => ({ name, entity, version, traffic, state, size, scalesToZero })),
      },
    }, // prettier-ignore
    merge: keepState,
  };
  const moments = served.flatMap((one): CollectedFact[] => {
    // When it came to be served is told by the service, or by two looks that differ; else nobody knows.
    const at = one.since ?? (before !== undefined && before !== version ? context.observedAt : null);
    if (at === null || at < context.horizon) return [];
    const model = modelOf(one, context);
    return [
      {
        fact: {
          ...common,
          id: servedId(context.workspaceId, endpoint, version, one.name),
          kind: 'served-version',
          happenedAt: at,
          assets: [asset, ...(model === null ? [] : [model])],
          title: servedTitle(endpoint, one.entity, one.version),
          data: {
            endpoint,
            entity: one.entity,
            version: one.version,
            name: one.name,
            configVersion: version,
            by: null,
          },
        },
        // The table knows who and exactly when; this source only that it is so.
        merge: (old, next) => (old.source === source ? next : old),
      },
    ];
  });
  return [state, ...moments];
};

/**
 * Tables that a feature specification reads: it is a function of the catalog, which names what it depends on (docs: functions/get).
 * Null = this user may not see it. What is no function of the catalog has none.
 */
const featureEdges = async (
  served: Served,
  endpoint: AssetId,
  context: CollectContext,
): Promise<readonly LakeEdge[] | null> => {
  if (served.version !== null || !isCatalogName(served.entity)) return [];
  const found = await getOne(context, `/api/2.1/unity-catalog/functions/${encodeURIComponent(served.entity)}`);
  if (!found.ok) return isGone(found.error) ? [] : null;
  return objects(object(found.value['routine_dependencies'])['dependencies']).flatMap((one): LakeEdge[] => {
    const table = text(object(one['table'])['table_full_name']);
    return table === null
      ? []
      : [
          {
            from: tableAsset(context.metastoreId, table),
            to: endpoint,
            source: featureSource,
            via: null,
            firstSeen: served.since ?? context.observedAt,
            lastSeen: context.observedAt,
          },
        ];
  });
};

/** Endpoints that serve models in scope, with the versions that they serve now. An alias is another fact (collectors/models.ts). */
export const servingCollector: Collector = {
  source,
  label: 'Serving endpoints',
  table: null,
  meta: {
    when: 'room',
    features: ['which version of a model is served, and where an alias says otherwise'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the serving endpoints' }],
    probe: { method: 'GET', path: '/api/2.0/serving-endpoints' },
    preview: null,
    latenessMs: 0,
    retentionDays: null,
  },
  // The list, and what is known to serve something in scope; what came to serve it since is known only then.
  estimate: (context) => {
    const known = scoped(context, 'endpoint').length;
    return Promise.resolve(ok(callsOnly(1 + known)));
  },
  collect: async (context) => {
    const scope = new Set([...context.scope.keys()].map(carrier));
    const listed = await listAll(context, base, 'endpoints', {});
    if (!listed.ok) return listed;
    const wanted = listed.value.all.flatMap((one) => {
      const name = text(one['name']);
      if (name === null) return [];
      const served = servedOf(object(one['config']));
      const near = served.some((entity) => {
        const model = modelOf(entity, context);
        return model === null ? entity.version === null && isCatalogName(entity.entity) : scope.has(model);
      });
      return near || scope.has(workspaceAsset('endpoint', context.workspaceId, name)) ? [name] : [];
    });
    const known = cursorTexts(context.cursor);
    const seen: Record<string, string> = {};
    const facts: CollectedFact[] = [];
    const edges: LakeEdge[] = [];
    const how = new Map<string, string>();
    const turn = nextTurn(context, wanted, {
      key: (name) => name,
      limit: maxEndpoints,
      plural: 'endpoints',
      always: (name) => context.scope.get(workspaceAsset('endpoint', context.workspaceId, name)) === 0,
    });
    let failure: DatabricksFailure | undefined;
    for (const name of turn.each) {
      how.set(name, 'read');
      const detail = await getOne(context, `${base}/${encodeURIComponent(name)}`);
      if (turn.lost(name, detail)) continue;
      if (!detail.ok) {
        how.set(name, 'refused');
        failure = detail.error;
        continue;
      }
      const served = servedOf(object(detail.value['config']));
      const endpoint = workspaceAsset('endpoint', context.workspaceId, name);
      facts.push(...factsOf(name, detail.value, served, ownOf(known, name), context));
      seen[name] = idText(object(detail.value['config'])['config_version']) ?? '';
      for (const one of served) {
        const model = modelOf(one, context);
        if (model !== null)
          edges.push({
            from: model,
            to: endpoint,
            source,
            via: null,
            firstSeen: one.since ?? context.observedAt,
            lastSeen: context.observedAt,
          });
        const features = await featureEdges(one, endpoint, context);
        edges.push(...(features ?? []));
        if (features === null) how.set(name, 'read hidden');
      }
      const table = inferenceTableOf(detail.value);
      const since = instant(detail.value['creation_timestamp']) ?? context.observedAt;
      if (table !== null) edges.push(inferenceEdge(name, table, since, context));
    }
    const { went, left, step } = turn.ended(how, { cursor: JSON.stringify({ ...known, ...seen }), failure });
    const [refused, hidden] = [went('refused'), went('hidden')];
    const notes = [
      ...(listed.value.whole ? [] : ['Not complete: there are more endpoints than one look goes through.']),
      ...(refused.length === 0 ? [] : [`Not readable: ${someOf(refused)}.`]),
      ...(hidden.length === 0
        ? []
        : [`Not complete: this user may not see which tables the features of ${someOf(hidden)} are read from.`]),
      ...(left === null ? [] : [left]),
    ];
    return ok({
      facts,
      edges,
      ...step,
      partly: hidden.length > 0 || !listed.value.whole,
      completeTo: null,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
    });
  },
};
