import { ok } from '../../shared/base/result.ts';
import type { Cancel } from '../../shared/base/time.ts';
import type { Parts } from './parts.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { ConnectionPart } from './connection.ts';
import type { LakePart } from './lake-part.ts';
import type { Slot } from './connection-slot.ts';
import { createLoop, type Loop } from './loops.ts';
import { primaryId } from './saved-connections.ts';
import type { Sync } from '../sync/engine.ts';
import type { OfflinePart } from './offline.ts';

/** How often the lake is read. A real warehouse bills while it is awake; practice is local and should feel live. */
const practiceEveryMs = 8_000;
const workspaceEveryMs = 5 * 60_000;
/** Pause before reading around something new, and time in which commits gather before that is looked at. */
const widenMs = 250;
/** Ages, due times and expiry move without an event: followed answers are looked at again this often. */
const tickMs = 30_000;

export type Background = {
  readonly start: () => void;
  /** A person asks for fresh facts, which may also start practice. False when that is under way already. */
  readonly refresh: () => boolean;
  /** Look now at what is there: a button of practice was pressed. One that ends meanwhile stays ended. */
  readonly look: () => boolean;
  readonly stop: () => Promise<void>;
};

/** The loop that reads one workspace. */
type Reader = {
  readonly slot: Slot;
  readonly loop: Loop;
  /** True when something new is worth reading around: a room was opened, a signal came up. Then the next turn is now. */
  readonly asksMore: () => boolean;
  /** A person asked: the next turn may start practice. */
  readonly allowStart: () => void;
};

/** Everything that runs by itself: reading the lake and detecting, sharing, the tick. No call waits for any of it. */
export const backgroundOf = (
  parts: Parts,
  connection: ConnectionPart,
  lake: LakePart,
  sync: Sync,
  offline: OfflinePart,
): Background => {
  const { scheduler, random, logger } = parts;
  const readers = new Map<string, Reader>();
  const readerOf = (slot: Slot): Reader => {
    let mayStart = true;
    let lastAsked = '';
    const asksMore = (): boolean => keyOf(watchedAssets(parts, lake)) !== lastAsked;
    const turn = async (signal: AbortSignal) => {
      const wasOnline = slot.state().state === 'online';
      const workspace = await slot.workspace(mayStart);
      mayStart = false;
      if (!workspace.ok) return workspace;
      const asked = watchedAssets(parts, lake);
      lastAsked = keyOf(asked);
      const read = await lake.refresh(workspace.value, asked, signal);
      if (!signal.aborted) slot.told(read.ok ? null : read.error);
      if (read.ok && !wasOnline && slot.id === primaryId) sync.nudge();
      if (read.ok && !signal.aborted) offline.turn();
      parts.changed();
      return read;
    };
    const loop = createLoop({
      name: slot.id === primaryId ? 'lake' : `lake ${slot.id}`,
      scheduler,
      random,
      logger,
      everyMs: () => {
        if (asksMore()) return widenMs;
        return slot.state().kind === 'workspace' ? workspaceEveryMs : practiceEveryMs;
      },
      turn,
    });
    return { slot, loop, asksMore, allowStart: () => (mayStart = true) };
  };
  /** A loop for each workspace: one that fails or waits holds up no other. */
  const follow = (): void => {
    const slots = connection.slots();
    for (const [id, reader] of readers)
      if (!slots.includes(reader.slot)) {
        readers.delete(id);
        void reader.loop.stop();
      }
    for (const slot of slots)
      if (!readers.has(slot.id)) {
        const reader = readerOf(slot);
        readers.set(slot.id, reader);
        reader.loop.start();
      }
  };
  // A room that was just opened should not wait for the next turn, which on a real warehouse is minutes away.
  const watchCommits = (): (() => void) => {
    let waiting: Cancel | null = null;
    const stop = parts.profile.store.onCommit(() => {
      waiting ??= scheduler.after(widenMs, () => {
        waiting = null;
        for (const { slot, loop, asksMore } of readers.values())
          if (slot.state().state === 'online' && asksMore()) loop.soon();
      });
    });
    return () => {
      waiting?.();
      stop();
    };
  };
  let stopWatching = (): void => undefined;
  const tick = createLoop({
    name: 'tick',
    scheduler,
    random,
    logger,
    everyMs: () => tickMs,
    turn: () => {
      parts.changed();
      return Promise.resolve(ok(null));
    },
  });

  const look = (): boolean => {
    sync.nudge();
    return [...readers.values()].map(({ loop }) => loop.soon()).includes(true);
  };
  return {
    start: () => {
      follow();
      connection.onSlots(follow);
      stopWatching = watchCommits();
      tick.start();
      sync.start();
    },
    refresh: () => {
      for (const reader of readers.values()) reader.allowStart();
      return look();
    },
    look,
    stop: async () => {
      stopWatching();
      connection.onSlots(() => undefined);
      await Promise.all([...[...readers.values()].map(({ loop }) => loop.stop()), tick.stop(), offline.stop()]);
      await sync.close();
    },
  };
};

const keyOf = (assets: readonly AssetId[]): string => [...assets].sort().join('\n');

/** How many rooms the lake is read around; those with the newest entries. */
const roomLimit = 20;

/** What the scoped sources are asked for: assets of rooms that are being worked on, and of what waits in the inbox. */
const watchedAssets = ({ views, profile, signalsOf }: Parts, lake: LakePart): readonly AssetId[] => {
  const db = profile.store.read;
  const open = views.roomList(db).filter(({ phase, merged }) => phase !== 'learning' && merged === null);
  const ofRooms = open
    .slice(0, roomLimit)
    .flatMap(({ log }) => [
      ...views.citations(db, log).flatMap(({ assets }) => assets),
      ...signalsOf(log).flatMap((id) => lake.signal(id)?.asset ?? []),
    ]);
  const proposed = lake.proposals(new Set()).flatMap(({ assets }) => assets);
  return [...new Set<string>([...ofRooms, ...proposed])].map((id) => id as AssetId);
};
