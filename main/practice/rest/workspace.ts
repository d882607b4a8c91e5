import type { JsonObject } from '../../../shared/base/json.ts';
import { globalMetastoreId } from '../world/world.ts';
import { below, fault, found, good, idOf, listed, type RestApi } from './common.ts';

const person = (user: string): JsonObject => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  id: String(Buffer.from(user).reduce((sum, byte) => (sum * 31 + byte) % 1e15, 7)),
  userName: user,
  displayName: user.split('@')[0] ?? user,
  active: true,
  emails: [{ value: user, primary: true, type: 'work' }],
  groups: [
    { display: 'users', value: '1' },
    { display: 'analysts', value: '2' },
  ],
  entitlements: [{ value: 'databricks-sql-access' }],
});

/** Who and where: the current user and the metastore. */
export const workspace: RestApi = ({ world, user }, { path }) => {
  switch (path) {
    case '/api/2.0/preview/scim/v2/Me':
      return Promise.resolve(good(person(user)));
    case '/api/2.1/unity-catalog/current-metastore-assignment':
      return Promise.resolve(
        good({
          metastore_id: world.metastoreId,
          workspace_id: Number(world.workspaceId),
          default_catalog_name: world.catalog,
        }),
      );
    case '/api/2.1/unity-catalog/metastore_summary':
      return Promise.resolve(
        good({
          metastore_id: world.metastoreId,
          name: 'practice',
          cloud: 'practice',
          region: 'local',
          global_metastore_id: globalMetastoreId(world),
        }),
      );
    default:
      return Promise.resolve(null);
  }
};

/** Queries and dashboards by id: the estate has a dashboard for each area, and nobody saved a query. */
export const savedThings: RestApi = async ({ lake, world, may }, { method, path, query }) => {
  const dashboards = below(path, '/api/2.0/lakeview/dashboards');
  const queries = below(path, '/api/2.0/sql/queries');
  const [id] = dashboards ?? queries ?? [];
  if (method !== 'GET' || (dashboards === null && queries === null)) return null;
  const all =
    dashboards === null || world.estate === null
      ? []
      : await found(
          lake,
          'SELECT bw.hexid(area) AS dashboard_id, area AS display_name FROM (SELECT DISTINCT area FROM est.v_tables)',
        );
  if (id === undefined)
    return listed(dashboards === null ? 'results' : 'dashboards', all.filter((one) => may('dashboards', idOf(one['dashboard_id']))), query); // prettier-ignore
  const one = all.find((each) => each['dashboard_id'] === id);
  return one === undefined ? fault(404, 'RESOURCE_DOES_NOT_EXIST', `${path} does not exist.`) : good(one);
};
