import type { JsonObject } from '../../../shared/base/json.ts';
import type { Estate, EstateModel } from '../world/estate/plan.ts';
import { idOfName } from './catalog.ts';
import { below, fault, good, type RestApi } from './common.ts';

type Spec = { readonly full: string; readonly endpoint: string; readonly model: EstateModel };
/** A specification of features is a function of the catalog; here the features of one model have one. */
const specOf = (estate: Estate | null): Spec | null => {
  const model = estate?.models.find((one) => one.endpoint !== null);
  return model === undefined ? null : { full: `${model.features}_spec`, endpoint: `${model.area}-features`, model };
};

/** The endpoint that serves it: by its name, without a version (docs: serving endpoints, feature serving). */
export const featureEndpoint = (estate: Estate | null): readonly JsonObject[] => {
  const spec = specOf(estate);
  if (spec === null) return [];
  const state = { deployment: 'DEPLOYMENT_READY', deployment_state_message: '' };
  return [
    {
      name: spec.endpoint,
      id: idOfName(spec.endpoint),
      creator: spec.model.owner,
      state: { ready: 'READY', config_update: 'NOT_UPDATING' },
      config: { config_version: 1, served_entities: [{ name: 'features', entity_name: spec.full, state }] },
    },
  ];
};

/** Functions by name (docs: functions/get): what one depends on. */
export const functions: RestApi = ({ world }, { method, path }) => {
  const [full, ...more] = below(path, '/api/2.1/unity-catalog/functions') ?? [];
  if (full === undefined || more.length > 0 || method !== 'GET') return Promise.resolve(null);
  const spec = specOf(world.estate);
  const [catalog_name = '', schema_name = '', name = ''] = full.split('.');
  if (spec?.full !== full)
    return Promise.resolve(fault(404, 'FUNCTION_DOES_NOT_EXIST', `Function '${full}' does not exist.`));
  const routine_dependencies = { dependencies: [{ table: { table_full_name: spec.model.features } }] };
  return Promise.resolve(
    good({ name, catalog_name, schema_name, full_name: full, owner: spec.model.owner, function_id: idOfName(full), routine_dependencies }),
  ); // prettier-ignore
};
