import { ok, type Result } from '../../shared/base/result.ts';
import type { Failure } from '../../shared/base/failure.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { isOverDayLimit } from '../lake/day-limit.ts';
import type { Sync } from '../sync/engine.ts';
import type { Activity } from './activity.ts';
import type { Slot } from './connection-slot.ts';
import type { LakePart } from './lake-part.ts';
import { createLoop, type Loop } from './loops.ts';
import type { Meter } from './meter.ts';
import type { OfflinePart } from './offline.ts';
import type { Parts } from './parts.ts';
import { mayRead, nextReadAt, spreadMs } from './poll-rule.ts';
import { primaryId } from './saved-connections.ts';
import type { WarehouseLife } from './warehouse-life.ts';

/** Practice is local and should feel live. */
const practiceEveryMs = 8_000;
/** How often a warehouse that may not be woken, or is not read at the limit of the day, is looked at; REST only. */
const lookEveryMs = 60_000;
/** How often one that is starting is looked at. */
const startingEveryMs = 5_000;
/** Pause before reading around something new. */
export const widenMs = 250;

/** What the background reads around: assets, and the rooms that they are read for. */
export type Watched = { readonly assets: readonly AssetId[]; readonly rooms: readonly string[] };

export type ReaderDeps = {
  readonly parts: Parts;
  readonly lake: LakePart;
  readonly sync: Sync;
  readonly offline: OfflinePart;
  readonly life: WarehouseLife;
  readonly meter: Meter;
  readonly activity: Activity;
  readonly watched: () => Watched;
  /** A room is open for response. */
  readonly hasRoom: () => boolean;
};

/** The loop that reads one workspace. */
export type Reader = {
  readonly slot: Slot;
  readonly loop: Loop;
  /** True when something new is worth reading around: a room was opened, a signal came up. Then the next turn is now. */
  readonly asksMore: () => boolean;
  /** A person asked: the next turn may start practice and wake the warehouse. */
  readonly person: () => void;
  /** A person opened a window: one reading is due, where the warehouse runs. */
  readonly opened: () => void;
};

/** Reads a workspace as often as its warehouse may be kept awake, and never wakes one by itself (poll-rule.ts). */
export const readerOf = (deps: ReaderDeps, slot: Slot): Reader => {
  const { parts, lake, sync, offline, life, meter, activity } = deps;
  let mayStart = true;
  /** What people asked for, and how much of it was begun: what is pressed while a turn looks around is no part of it. */
  let [presses, begun] = [0, 0];
  /** Readings that a person is owed although no room is open: one, and one around what it found. */
  let owed: 0 | 1 | 2 = 0;
  let lastAsked = '';
  let readAt: number | null = null;
  const keyOf = ({ assets }: Watched): string => [...assets].sort().join('\n');
  const asksMore = (): boolean => keyOf(deps.watched()) !== lastAsked;
  const isWatched = (): boolean => owed > 0 || deps.hasRoom();
  const isReal = (): boolean => slot.state().kind === 'workspace';

  /** True when the turn may read; a failure is what there is to tell of the workspace. */
  const allowed = async (
    workspace: Parameters<WarehouseLife['ask']>[1],
    byPerson: boolean,
    signal: AbortSignal,
  ): Promise<Result<boolean, Failure>> => {
    const { kind } = slot.state();
    const asked = await life.ask(slot.id, workspace, { signal });
    // Practice says what is wrong when it is read; its state is only shown.
    if (!asked.ok && kind === 'workspace') return asked;
    const warehouse = asked.ok ? (asked.value?.state ?? null) : null;
    const capped = kind === 'workspace' && meter.reached();
    const may = mayRead({ kind, person: byPerson, warehouse, capped, watched: isWatched() });
    // Without a reading: a pack that a person began goes on, and closed rooms are let go.
    if (may === 'unwatched' && warehouse === 'running' && !capped) offline.turn();
    return ok(may === 'yes');
  };

  const turn = async (signal: AbortSignal): Promise<Result<unknown, Failure>> => {
    const pressed = presses;
    const byPerson = pressed > begun;
    const wasOnline = slot.state().state === 'online';
    const workspace = await slot.workspace(mayStart);
    mayStart = false;
    if (!workspace.ok) return workspace;
    const due = byPerson || !isReal() || readAt === null || asksMore() || untilNext() <= 0;
    const may = due ? await allowed(workspace.value, byPerson, signal) : ok(false);
    if (signal.aborted) return ok(null);
    if (!may.ok) {
      slot.told(may.error);
      return may;
    }
    if (!may.value) {
      if (due) slot.told(null);
      return ok(null);
    }
    begun = pressed;
    const asked = deps.watched();
    lastAsked = keyOf(asked);
    const read = await lake.refresh(workspace.value, { ...asked, byItself: isReal() && !byPerson }, signal);
    readAt = parts.clock.now();
    if (read.ok && (byPerson || owed > 0)) owed = (byPerson || owed === 2) && asksMore() ? 1 : 0;
    if (!signal.aborted) slot.told(read.ok || isOverDayLimit(read.error) ? null : read.error);
    if (read.ok && !wasOnline && slot.id === primaryId) sync.nudge();
    const capped = isReal() && meter.reached();
    if (read.ok && !signal.aborted && !capped) offline.turn();
    if (!signal.aborted) meter.report(sync.shares().length > 0);
    parts.changed();
    return read;
  };

  const [share = 0] = parts.random(1);
  const untilNext = (): number => {
    const now = parts.clock.now();
    // A clock that was set back must not silence this device.
    if (readAt === null || readAt > now) return 0;
    const autoStopMins = life.known(slot.id)?.autoStopMins ?? null;
    return (
      nextReadAt({ readAt, sinceActMs: activity.sinceAct(), autoStopMins, afterMs: (share / 256) * spreadMs }) - now
    );
  };
  const isAsleep = (): boolean => {
    const state = life.known(slot.id)?.state;
    return isReal() && (state === 'stopped' || state === 'stopping' || state === undefined || state === null);
  };
  const loop = createLoop({
    name: slot.id === primaryId ? 'lake' : `lake ${slot.id}`,
    scheduler: parts.scheduler,
    random: parts.random,
    logger: parts.logger,
    everyMs: () => {
      if (!isReal()) return asksMore() ? widenMs : practiceEveryMs;
      if (presses > begun) return widenMs;
      if (life.known(slot.id)?.state === 'starting') return startingEveryMs;
      if (isAsleep() || meter.reached() || !isWatched()) return lookEveryMs;
      return asksMore() ? widenMs : Math.max(lookEveryMs, untilNext());
    },
    turn,
  });
  return {
    slot,
    loop,
    asksMore,
    person: () => {
      mayStart = true;
      presses += 1;
    },
    opened: () => {
      owed = 2;
    },
  };
};
