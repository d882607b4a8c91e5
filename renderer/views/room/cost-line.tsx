import type { Room } from '../../../shared/contract/room.ts';
import { counted } from '../../kit/index.ts';

/** What reading for this room asked of warehouses. No price: what a size costs an hour is not known here. */
export const CostLine = ({ cost }: { readonly cost: NonNullable<Room['cost']> }) => {
  const { statements, seconds, rows, warehouses } = cost;
  const time = seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  const where = warehouses.map(({ workspace, size }) => `\nWarehouse of ${workspace}: ${size}.`).join('');
  return (
    <p
      className="room-cost cap"
      data-testid="room-cost"
      title={`Statements that this device sent for this room, the time they ran and the rows that came. What a warehouse costs an hour is not known here.${where}`}
    >
      Asked of warehouses: {counted(statements, 'statement', 'statements')}, {time}, {counted(rows, 'row', 'rows')}
    </p>
  );
};
