import { err, ok, type Result } from '../../shared/base/result.ts';
import { databricksFailure } from './failures.ts';
import { warehouseIdIn } from './hosts.ts';
import type { DatabricksFailure, QueryOptions, Workspace } from './port.ts';

/** States of a SQL warehouse as people speak of them (facts/databricks.md 3.5: STARTING RUNNING STOPPING STOPPED DELETING DELETED). */
export const warehouseStates = ['starting', 'running', 'stopping', 'stopped', 'deleted'] as const;
export type WarehouseState = (typeof warehouseStates)[number];

export type WarehouseFacts = {
  readonly name: string;
  /** Null = it said something that is not known here. */
  readonly state: WarehouseState | null;
  /** `2X-Small` … as the workspace names it; null = not told. */
  readonly size: string | null;
  /** Idle minutes after which it stops by itself; 0 = never; null = not told. */
  readonly autoStopMins: number | null;
};

const stateOf = (value: unknown): WarehouseState | null => {
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  return word === 'deleting' ? 'deleted' : (warehouseStates.find((one) => one === word) ?? null);
};

/** What the answer of GET /api/2.0/sql/warehouses/{id} says; fields that are not there are null. */
export const warehouseFacts = (body: unknown): WarehouseFacts | null => {
  if (typeof body !== 'object' || body === null) return null;
  const { name, state, cluster_size, auto_stop_mins } = body as Readonly<Record<string, unknown>>;
  const minutes = Number(auto_stop_mins);
  return {
    name: typeof name === 'string' ? name : '',
    state: stateOf(state),
    size: typeof cluster_size === 'string' && cluster_size !== '' ? cluster_size : null,
    autoStopMins: auto_stop_mins !== undefined && Number.isFinite(minutes) && minutes >= 0 ? minutes : null,
  };
};

/**
 * Ask the workspace how its SQL warehouse is. REST only: asking wakes nothing. `null` = the path names no warehouse (a
 * cluster), or this user may not see it. Failures: those of REST except a missing right.
 */
export const readWarehouse = async (
  workspace: Workspace,
  options: QueryOptions = {},
): Promise<Result<WarehouseFacts | null, DatabricksFailure>> => {
  const id = warehouseIdIn(workspace.connection.httpPath);
  if (id === null) return ok(null);
  const answer = await workspace.rest.call({ method: 'GET', path: `/api/2.0/sql/warehouses/${id}` }, options);
  if (answer.ok) return ok(warehouseFacts(answer.value));
  const { tag, code = '' } = answer.error;
  if (code.startsWith('HTTP 404') && code.includes('RESOURCE_DOES_NOT_EXIST'))
    return ok({ name: '', state: 'deleted', size: null, autoStopMins: null });
  return tag === 'Forbidden' || code.startsWith('HTTP 404') || code.startsWith('HTTP 400') ? ok(null) : answer;
};

/** The warehouse of the connection is gone for good. */
export const warehouseDeleted = (): Result<never, DatabricksFailure> =>
  err(
    databricksFailure('NotConfigured', {
      detail: 'The SQL warehouse was deleted.',
      advice: 'Choose another SQL warehouse under Settings, Connection.',
      code: 'WAREHOUSE_DELETED',
    }),
  );
