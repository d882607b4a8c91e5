import { type Instant, toInstant } from '../../shared/base/time.ts';
import type { ConnectionRow } from '../../shared/contract/share.ts';
import type { Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { QueryOptions, Workspace } from '../databricks/port.ts';
import { readWarehouse, type WarehouseFacts, warehouseDeleted } from '../databricks/warehouse-state.ts';
import type { Parts } from './parts.ts';

/** How the SQL warehouses are, as far as this device knows: asked over REST, which wakes nothing. */
export type WarehouseLife = {
  /** Ask now. Failures: the workspace cannot be reached, or the warehouse was deleted. Null = it cannot be told. */
  readonly ask: (
    slot: string,
    workspace: Workspace,
    options: QueryOptions,
  ) => Promise<Result<WarehouseFacts | null, Failure>>;
  /** A statement is about to be sent to one that does not run: from now on it starts. */
  readonly wakes: (slot: string) => void;
  /** A statement was answered: it runs. */
  readonly answered: (slot: string) => void;
  readonly known: (slot: string) => WarehouseFacts | null;
  readonly row: (slot: string) => ConnectionRow['warehouse'];
  /** When a statement was last answered; null = not since the start. */
  readonly answeredAt: (slot: string) => number | null;
};

type Known = { facts: WarehouseFacts | null; since: Instant | null; answeredAt: number | null };

export const warehouseLife = (parts: Parts): WarehouseLife => {
  const all = new Map<string, Known>();
  const of = (slot: string): Known => all.get(slot) ?? { facts: null, since: null, answeredAt: null };
  const put = (slot: string, facts: WarehouseFacts | null): void => {
    const before = of(slot);
    const same = before.facts?.state === facts?.state;
    const since = same ? before.since : toInstant(parts.clock.now());
    all.set(slot, { ...before, facts, since });
    if (!same) parts.changed();
  };
  return {
    ask: async (slot, workspace, options) => {
      const found = await readWarehouse(workspace, options);
      if (!found.ok) return err(found.error);
      put(slot, found.value);
      return found.value?.state === 'deleted' ? warehouseDeleted() : ok(found.value);
    },
    wakes: (slot) => {
      const { facts } = of(slot);
      if (facts !== null && facts.state !== 'running') put(slot, { ...facts, state: 'starting' });
    },
    answered: (slot) => {
      const { facts } = of(slot);
      if (facts !== null && facts.state !== 'running') put(slot, { ...facts, state: 'running' });
      all.set(slot, { ...of(slot), answeredAt: parts.clock.now() });
    },
    known: (slot) => of(slot).facts,
    answeredAt: (slot) => of(slot).answeredAt,
    row: (slot) => {
      const { facts, since } = of(slot);
      return facts?.state == null
        ? null
        : { state: facts.state, since, size: facts.size, autoStopMins: facts.autoStopMins };
    },
  };
};
