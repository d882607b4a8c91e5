import { systemSchemas as schemas } from '../world/system-tables.ts';
import { below, fault, good, type RestApi } from './common.ts';

/** Which system schemas are switched on: for account and metastore admins only (docs of system schemas). */
export const systemSchemas: RestApi = ({ world, rights }, { method, path }) => {
  const rest = below(path, `/api/2.1/unity-catalog/metastores/${world.metastoreId}/systemschemas`);
  if (rest === null || method !== 'GET' || rest.length > 0) return Promise.resolve(null);
  if (rights !== null && !rights.systemTables)
    return Promise.resolve(fault(403, 'PERMISSION_DENIED', 'User is not an account admin or a metastore admin.'));
  return Promise.resolve(
    good({
      schemas: schemas.map((schema) => ({
        schema,
        state: rights?.schemasOff.includes(schema) === true ? 'AVAILABLE' : 'ENABLE_COMPLETED',
      })),
    }),
  );
};
