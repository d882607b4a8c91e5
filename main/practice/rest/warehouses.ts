import { below, fault, good, type RestApi } from './common.ts';

/** SQL warehouses: the one that answers, with its state and without starting it (facts 3.5), and those that others work with. */
export const warehouses: RestApi = ({ warehouse, world, rights }, { method, path }) => {
  const rest = below(path, '/api/2.0/sql/warehouses');
  if (rest === null || method !== 'GET' || rest.length !== 1) return Promise.resolve(null);
  const others = rights?.everything === false ? [] : (world.estate?.warehouses ?? []);
  const own = { id: warehouse.id, name: 'Practice', size: '2X-Small', state: warehouse.state() };
  const all = [own, ...others.map(({ id, name }) => ({ id, name, size: 'Small', state: 'RUNNING' }))];
  const one = all.find(({ id }) => id === rest[0]);
  if (one === undefined)
    return Promise.resolve(fault(404, 'RESOURCE_DOES_NOT_EXIST', `SQL warehouse ${rest[0] ?? ''} does not exist.`));
  const { id, name, size, state } = one;
  return Promise.resolve(good({ id, name, cluster_size: size, state, auto_stop_mins: 10, warehouse_type: 'PRO' }));
};
