import type { Room } from '../../shared/contract/room.ts';
import type { ConnectionPart } from './connection.ts';
import type { Meter } from './meter.ts';
import type { WarehouseLife } from './warehouse-life.ts';

/**
 * What reading for a room asked of warehouses, and how large those are. No price: how many DBU an hour a size takes is in no
 * source that is read here, and an invented one would be worse than none. Null = nothing was asked for it yet.
 */
export const roomCost = (
  meter: Pick<Meter, 'room'>,
  connection: Pick<ConnectionPart, 'slots'>,
  life: Pick<WarehouseLife, 'known'>,
): ((log: string) => Room['cost']) => {
  return (log) => {
    const use = meter.room(log);
    if (use === null || use.statements === 0) return null;
    const warehouses = connection.slots().flatMap((slot) => {
      const size = life.known(slot.id)?.size ?? null;
      return size === null ? [] : [{ workspace: slot.state().name, size }];
    });
    return { ...use, warehouses };
  };
};
