import type { Failure } from '../../../shared/base/failure.ts';
import { mapOk, ok, type Result } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { LogId } from '../../../shared/domain/ids.ts';
import { plain } from '../connection-slot.ts';
import type { HandlersOf } from '../handlers.ts';
import type { OfflinePart } from '../offline.ts';
import type { Parts } from '../parts.ts';
import { roomOf } from '../write.ts';

type OfflineCalls =
  | 'offline.get'
  | 'offline.device'
  | 'offline.choose'
  | 'offline.estimate'
  | 'offline.start'
  | 'offline.pause'
  | 'offline.resume'
  | 'offline.cancel'
  | 'offline.limits';

/** Packing a room for working offline. Only the estimate goes out while somebody waits. */
export const offlineCalls = (parts: Parts, offline: OfflinePart): HandlersOf<OfflineCalls> => {
  const db = parts.profile.store.read;
  type Asked = {
    readonly log: string;
    readonly hops?: number | undefined;
    readonly from?: Instant | undefined;
    readonly to?: Instant | undefined;
    readonly byItself?: boolean | undefined;
  };
  const request = ({ log, hops, from, to }: Asked) =>
    mapOk(roomOf(parts, db, log), (header) => {
      const chosen = offline.request(header);
      return { ...chosen, hops: hops ?? chosen.hops, from: from ?? chosen.from, to: to ?? chosen.to };
    });
  const act = (log: string, does: (room: LogId) => Result<null, Failure>): Result<Record<string, never>, Failure> => {
    const room = roomOf(parts, db, log);
    return room.ok ? mapOk(does(room.value.log), () => ({})) : room;
  };
  return {
    'offline.get': ({ log }) => mapOk(roomOf(parts, db, log), offline.card),
    'offline.device': () => ok(offline.device()),
    'offline.choose': ({ log, ...change }) => {
      const room = roomOf(parts, db, log);
      return room.ok ? offline.choose(room.value, change) : room;
    },
    'offline.estimate': async (asked) => {
      const wanted = request(asked);
      if (!wanted.ok) return wanted;
      const found = await offline.estimate({ ...wanted.value, byItself: asked.byItself === true });
      return found.ok ? found : { ok: false, error: plain(found.error) };
    },
    'offline.start': (asked) => {
      const wanted = request(asked);
      return wanted.ok ? mapOk(offline.start({ ...wanted.value, byHand: true }), () => ({ started: true })) : wanted;
    },
    'offline.pause': ({ log }) => act(log, offline.pause),
    'offline.resume': ({ log }) => act(log, offline.resume),
    'offline.cancel': ({ log }) => act(log, offline.cancel),
    'offline.limits': (change) => offline.setLimits(change),
  };
};
