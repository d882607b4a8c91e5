import { Power } from 'lucide-react';
import type { Status } from '../../../shared/contract/status.ts';
import { age } from '../../kit/index.ts';
import { useNow } from '../common/use.ts';

type Row = Status['workspaces'][number];
type Warehouse = NonNullable<Row['warehouse']>;

const words: Readonly<Record<Warehouse['state'], string>> = {
  starting: 'starting',
  running: 'running',
  stopping: 'stopping',
  stopped: 'stopped',
  deleted: 'deleted',
};

/** One that runs is no news where there is little room. */
const classes: Readonly<Record<Warehouse['state'], string>> = {
  starting: 'status-item tone-warn',
  running: 'status-item status-wide',
  stopping: 'status-item',
  stopped: 'status-item',
  deleted: 'status-item tone-bad strong',
};

/** What a state means for whoever works here: nobody should wonder why facts grow older. */
const meaning: Readonly<Record<Warehouse['state'], string>> = {
  starting: 'A warehouse can take some minutes to start. Reading goes on when it runs.',
  running: 'It is read with pauses that let it stop by itself when nobody else uses it.',
  stopping: 'The background leaves it alone. Refresh starts it again.',
  stopped: 'The background leaves it stopped. Refresh, opening a room or packing one starts it.',
  deleted: 'Choose another SQL warehouse under Settings.',
};

/** The SQL warehouses by state; a cold start counts the time. */
export const Warehouses = ({ rows }: { readonly rows: readonly Row[] }) => {
  const now = useNow();
  const known = rows.flatMap(({ id, name, warehouse }) => (warehouse === null ? [] : [{ id, name, warehouse }]));
  return known.map(({ id, name, warehouse }) => (
    <span
      key={id}
      className={classes[warehouse.state]}
      data-testid="warehouse"
      data-state={warehouse.state}
      title={`SQL warehouse of ${name}: ${words[warehouse.state]}. ${meaning[warehouse.state]}`}
      role="status"
    >
      <Power size={14} strokeWidth={1.75} aria-hidden />
      Warehouse{rows.length > 1 ? ` of ${name}` : ''} {words[warehouse.state]}
      {warehouse.state === 'starting' && warehouse.since !== null ? ` for ${age(warehouse.since, now)}` : ''}
    </span>
  ));
};
