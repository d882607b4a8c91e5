import type { JsonObject } from '../../../shared/base/json.ts';
import type { EstateModel } from '../world/estate/plan.ts';
import { below, documents, fault, good, idOf, type RestApi } from './common.ts';

/** Endpoints and what they serve (facts 3.4): a version of their own, whatever an alias says. */
export const serving: RestApi = async ({ lake, world, may }, { method, path }) => {
  const rest = below(path, '/api/2.0/serving-endpoints');
  if (rest === null || method !== 'GET' || rest.length > 1) return null;
  const shown = ({ full, owner, endpoint }: EstateModel, version: number): JsonObject => {
    const name = `${full.split('.')[2] ?? ''}-${version}`;
    return {
      name: endpoint?.name ?? '',
      id: endpoint?.id ?? '',
      creator: owner,
      state: { ready: 'READY', config_update: 'NOT_UPDATING' },
      config: {
        config_version: version,
        served_entities: [
          {
            name,
            entity_name: full,
            entity_version: String(version),
            workload_size: 'Small',
            workload_type: 'CPU',
            scale_to_zero_enabled: true,
            state: { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' },
          },
        ],
        traffic_config: { routes: [{ served_model_name: name, traffic_percentage: 100 }] },
      },
    };
  };
  // A scenario may have moved what is served on: then a document says so.
  const moved = new Map((await documents(lake, 'served')).map((d) => [idOf(d['model']), Number(d['version'])]));
  const all = (world.estate?.models ?? []).flatMap((m) =>
    m.endpoint === null ? [] : [shown(m, moved.get(m.full) ?? m.endpoint.version)],
  );
  if (rest[0] === undefined) return good({ endpoints: all.filter((e) => may('endpoints', idOf(e['name']))) });
  const one = all.find((e) => e['name'] === rest[0]);
  return one === undefined
    ? fault(404, 'RESOURCE_DOES_NOT_EXIST', `Endpoint with name '${rest[0]}' does not exist.`)
    : good(one);
};
