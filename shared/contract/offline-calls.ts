import * as v from 'valibot';
import { command, nothing, ofRoom, query } from './call-spec.ts';
import { instant, logId } from './common.ts';
import { offlineCard, offlineChoice, offlineCounted, offlineDevice, offlineLimits } from './offline.ts';

/** How far a room is packed for offline, and from when; left out = as it was chosen for the room. */
const packing = v.object({
  log: logId,
  hops: v.optional(offlineChoice.entries.hops),
  from: v.optional(instant),
  to: v.optional(instant),
});

/** Packing a room for working offline. */
export const offlineCalls = {
  /** How far the room is packed for working offline: the badge, the card, every source. */
  'offline.get': query('room.view', ofRoom, offlineCard),
  'offline.device': query('app.view', nothing, offlineDevice),
  /**
   * What packing would bring and cost; goes out to count. `byItself`: no person asked for it, so what was counted for the same a
   * little ago is answered, and nothing goes out at the limit of the day, to a warehouse that does not run, nor for what is packed already.
   */
  'offline.estimate': command(
    'lake.refresh',
    v.object({ ...packing.entries, byItself: v.optional(v.boolean()) }),
    offlineCounted,
  ),
  /** Pack, or fetch what is new since. Answers at once; `offline.get` tells how far it is. */
  'offline.start': command('lake.refresh', packing, v.object({ started: v.boolean() })),
  'offline.pause': command('lake.refresh', ofRoom, nothing),
  'offline.resume': command('lake.refresh', ofRoom, nothing),
  'offline.cancel': command('lake.refresh', ofRoom, nothing),
  /** Remember how far a room is packed, also when it packs itself. Nothing goes out. */
  'offline.choose': command(
    'lake.refresh',
    v.object({ log: logId, ...v.partial(offlineChoice).entries }),
    offlineChoice,
  ),
  'offline.limits': command('lake.refresh', v.partial(offlineLimits), offlineLimits),
} as const;
