import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import type { EstateModel } from '../world/estate/plan.ts';
import type { EstateEndpoint } from '../world/estate/serving.ts';
import { featureEndpoint } from './functions.ts';
import { below, documents, fault, good, idOf, type RestApi } from './common.ts';

/** The one endpoint that still has an inference table of the older kind: its place among those that there are. */
const older = 1;

/** Endpoints and what they serve (facts 3.4): a version of their own, whatever an alias says. The list shows less of each. */
export const serving: RestApi = async ({ lake, world, may }, { method, path }) => {
  const rest = below(path, '/api/2.0/serving-endpoints');
  if (rest === null || method !== 'GET' || rest.length > 1) return null;
  const shown = (model: EstateModel, endpoint: EstateEndpoint, moved: JsonObject, place: number): JsonObject => {
    const version = idOf(moved['version'] ?? endpoint.version);
    const name = `${model.full.split('.')[2] ?? ''}-${version}`;
    const made = Math.floor(world.plan.now - (model.versions[0]?.daysAgo ?? 0) * 86_400_000);
    const [catalog_name = '', schema_name = '', table = ''] = endpoint.payload.split('.');
    const kept = { catalog_name, schema_name, table_name_prefix: table.replace(/_payload$/, ''), enabled: true };
    return {
      name: endpoint.name,
      id: endpoint.id,
      creator: model.owner,
      creation_timestamp: made,
      last_updated_timestamp: moved['at'] ?? made,
      state: { ready: 'READY', config_update: 'NOT_UPDATING' },
      ...(place === older ? {} : { ai_gateway: { usage_tracking_config: { enabled: true }, inference_table_config: kept } }),
      config: {
        config_version: moved['config'] ?? Number(version),
        served_entities: [
          {
            name,
            entity_name: model.full,
            entity_version: version,
            workload_size: moved['least'] === undefined ? 'Small' : 'Large',
            workload_type: 'CPU',
            scale_to_zero_enabled: moved['least'] === undefined,
            state: { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' },
          },
        ],
        traffic_config: { routes: [{ served_model_name: name, traffic_percentage: 100 }] },
        ...(place === older ? { auto_capture_config: { ...kept, state: { payload_table: { name: table, status: 'READY', status_message: '' } } } } : {}),
      },
    };
  };
  // A scenario may have changed what is served, or how: then a document says so.
  const moved = new Map((await documents(lake, 'served')).map((d) => [idOf(d['model']), d]));
  const ofModels = (world.estate?.models ?? [])
    .flatMap((model) => (model.endpoint === null ? [] : [{ model, endpoint: model.endpoint }]))
    .map(({ model, endpoint }, place) => shown(model, endpoint, moved.get(model.full) ?? {}, place));
  const all = [...ofModels, ...featureEndpoint(world.estate)];
  const listed = ({ config, ...endpoint }: JsonObject): JsonObject => ({
    ...endpoint,
    config: { served_entities: (isJsonObject(config) ? config['served_entities'] : undefined) ?? [] },
  });
  if (rest[0] === undefined)
    return good({ endpoints: all.filter((e) => may('endpoints', idOf(e['name']))).map(listed) });
  const one = all.find((e) => e['name'] === rest[0]);
  return one === undefined
    ? fault(404, 'RESOURCE_DOES_NOT_EXIST', `Endpoint with name '${rest[0]}' does not exist.`)
    : good(one);
}; // prettier-ignore
