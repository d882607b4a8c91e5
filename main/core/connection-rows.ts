import type { ConnectionRow } from '../../shared/contract/share.ts';
import type { ConnectionPart } from './connection.ts';
import type { WarehouseLife } from './warehouse-life.ts';
import { primaryId } from './saved-connections.ts';

type Connections = Pick<ConnectionPart, 'slots' | 'known' | 'address'>;

/** The workspaces of this profile as the contract shows them, the primary one first. No token is in it. */
export const connectionRows = (connection: Connections, life: Pick<WarehouseLife, 'row'>): ConnectionRow[] => {
  const known = connection.known();
  return connection.slots().map((slot) => {
    const { name, kind, host, state, since, failure } = slot.state();
    const about = known.findLast(({ id }) => id === slot.id);
    return {
      id: slot.id,
      name,
      kind,
      host,
      httpPath: connection.address(slot.id)?.httpPath ?? slot.current()?.connection.httpPath ?? '',
      primary: slot.id === primaryId,
      state,
      since,
      failure,
      workspaceId: about?.workspaceId ?? null,
      region: about?.region ?? null,
      warehouse: life.row(slot.id),
    };
  });
};

/** Workspace id → the name that people know; one that was removed keeps its last name, an unknown one shows its id. */
export const workspaceNames = (connection: Pick<Connections, 'slots' | 'known'>): ((workspaceId: string) => string) => {
  const known = connection.known();
  const present = new Map(connection.slots().map((slot) => [slot.id, slot.state().name]));
  const names = new Map(known.map(({ workspaceId, id, name }) => [workspaceId, present.get(id) ?? name]));
  return (workspaceId) => names.get(workspaceId) ?? `workspace ${workspaceId}`;
};
