import { fromInstant, type Clock } from '../../shared/base/time.ts';
import type { Packing } from '../lake/packing-port.ts';
import { knownNow } from '../lake/refresh.ts';
import type { RoomListRow, Views } from '../log/views-port.ts';
import type { Store } from '../store/port.ts';

const dayMs = 86_400_000;

/** A room in which people still work. */
export const isOpenRoom = ({ phase, merged }: Pick<RoomListRow, 'phase' | 'merged'>): boolean =>
  phase !== 'learning' && merged === null;

/**
 * Lets go of what is packed for rooms that are closed and in which nothing was written for `keepDays`, counted by what data tells of
 * the time: a clock that is ahead lets nothing go. What any room cites stays.
 */
export const letGoOf =
  (deps: {
    readonly store: Pick<Store, 'read'>;
    readonly clock: Clock;
    readonly views: Pick<Views, 'citations'>;
    readonly packing: Pick<Packing, 'pack' | 'release'>;
  }) =>
  (rooms: readonly RoomListRow[], keepDays: number): void => {
    const { packing, views } = deps;
    const db = deps.store.read;
    const isOld = (row: RoomListRow): boolean => {
      const last = row.lastEntryAt ?? row.openedAt;
      return last !== null && knownNow(db, deps.clock) - fromInstant(last) >= keepDays * dayMs;
    };
    for (const row of rooms.filter((one) => !isOpenRoom(one) && isOld(one))) {
      const pack = packing.pack(db, row.log);
      if (pack === null || pack.state === 'released') continue;
      const cited = rooms.flatMap(({ log }) => views.citations(db, log).map(({ factId }) => factId));
      packing.release(row.log, cited);
    }
  };
