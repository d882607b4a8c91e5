import { below, fault, good, type RestApi } from './common.ts';

/** The one SQL warehouse: its state, without starting it (facts 3.5). */
export const warehouses: RestApi = ({ warehouse }, { method, path }) => {
  const rest = below(path, '/api/2.0/sql/warehouses');
  if (rest === null || method !== 'GET' || rest.length !== 1) return Promise.resolve(null);
  if (rest[0] !== warehouse.id)
    return Promise.resolve(fault(404, 'RESOURCE_DOES_NOT_EXIST', `SQL warehouse ${rest[0] ?? ''} does not exist.`));
  return Promise.resolve(
    good({
      id: warehouse.id,
      name: 'Practice',
      cluster_size: '2X-Small',
      state: warehouse.state(),
      auto_stop_mins: 10,
      warehouse_type: 'PRO',
    }),
  );
};
