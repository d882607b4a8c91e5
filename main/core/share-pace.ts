import type { Clock } from '../../shared/base/time.ts';
import type { ShareKind } from '../sync/port.ts';
import type { Activity } from './activity.ts';
import type { ConnectionPart } from './connection.ts';
import type { Meter } from './meter.ts';
import { inUseMs } from './poll-rule.ts';
import { primaryId } from './saved-connections.ts';
import type { WarehouseLife } from './warehouse-life.ts';

/** So shortly after another statement a pull keeps the warehouse awake no longer than that one did. */
const alongMs = 60_000;
const againMs = 2 * 60_000;

/**
 * Whether the background may look for others' entries in a share now. Own entries are always sent. A folder costs nothing, nor
 * does practice. A real warehouse is never woken for it, nor kept awake when nobody has worked here for a while: then a look goes
 * along with what is read anyway.
 */
export const sharePace = (from: {
  readonly clock: Clock;
  readonly connection: Pick<ConnectionPart, 'state'>;
  readonly life: Pick<WarehouseLife, 'known' | 'answeredAt'>;
  readonly meter: Pick<Meter, 'reached'>;
  readonly activity: Activity;
}): ((kind: ShareKind) => boolean) => {
  let looked: number | null = null;
  return (kind) => {
    if (kind !== 'delta' || from.connection.state().kind !== 'workspace') return true;
    if (from.meter.reached()) return false;
    const now = from.clock.now();
    const since = (at: number | null): number => (at === null || at > now ? Number.MAX_SAFE_INTEGER : now - at);
    const state = from.life.known(primaryId)?.state ?? null;
    const isAwake = state === 'running' || (state === null && since(from.life.answeredAt(primaryId)) < alongMs);
    if (!isAwake) return false;
    if (from.activity.sinceAct() < inUseMs) return true;
    if (since(from.life.answeredAt(primaryId)) >= alongMs || since(looked) < againMs) return false;
    looked = now;
    return true;
  };
};
