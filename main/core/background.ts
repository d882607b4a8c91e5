import { ok } from '../../shared/base/result.ts';
import type { Cancel } from '../../shared/base/time.ts';
import type { Parts } from './parts.ts';
import type { AssetId, LogId } from '../../shared/domain/ids.ts';
import type { ConnectionPart } from './connection.ts';
import type { LakePart } from './lake-part.ts';
import { createLoop } from './loops.ts';
import { type Reader, type ReaderDeps, readerOf, type Watched, widenMs } from './reader.ts';
import type { Sync } from '../sync/engine.ts';
import type { OfflinePart } from './offline.ts';

/** Ages, due times and expiry move without an event: followed answers are looked at again this often. */
const tickMs = 30_000;

export type Background = {
  readonly start: () => void;
  /** A person asks for fresh facts, which may also start practice. False when that is under way already. */
  readonly refresh: () => boolean;
  /** A person opened a window: what it shows is read once, also without a room; no warehouse is woken for it. */
  readonly opened: () => void;
  /** Look now at what is there: a button of practice was pressed. One that ends meanwhile stays ended. */
  readonly look: () => boolean;
  readonly stop: () => Promise<void>;
};

/** Everything that runs by itself: reading the lake and detecting, sharing, the tick. No call waits for any of it. */
export const backgroundOf = (
  parts: Parts,
  connection: ConnectionPart,
  lake: LakePart,
  sync: Sync,
  offline: OfflinePart,
  from: Pick<ReaderDeps, 'life' | 'meter' | 'activity'> & {
    /** What people named to be read although no room is about it. */
    readonly named: () => readonly AssetId[];
  },
): Background => {
  const { scheduler, random, logger } = parts;
  const readers = new Map<string, Reader>();
  const watched = (): Watched => watchedBy(parts, lake, from.named());
  // An open window or a watched name alone keeps no warehouse busy: people press, or open a room.
  const hasRoom = (): boolean => openRooms(parts).length > 0;
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
        const reader = readerOf({ ...from, parts, lake, sync, offline, watched, hasRoom }, slot);
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
      // Not only after a reading: sharing and checks send statements, too.
      from.meter.report(sync.shares().length > 0);
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
      from.activity.acted();
      for (const reader of readers.values()) reader.person();
      return look();
    },
    opened: () => {
      from.activity.acted();
      for (const { opened, loop } of readers.values()) {
        opened();
        loop.soon();
      }
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

/** How many rooms the lake is read around; those with the newest entries. */
const roomLimit = 20;
/** Entries of a room that are looked through for assets that people named; as for its timeline (room-scope.ts). */
const namedLimit = 200;

const openRooms = ({ views, profile }: Parts): readonly LogId[] =>
  views
    .roomList(profile.store.read)
    .filter(({ phase, merged }) => phase !== 'learning' && merged === null)
    .map(({ log }) => log);

/** What the scoped sources are asked for: assets of rooms that are worked on, those that people named, those of the inbox. */
const watchedBy = (parts: Parts, lake: LakePart, named: readonly AssetId[]): Watched => {
  const db = parts.profile.store.read;
  const rooms = openRooms(parts).slice(0, roomLimit);
  const ofRooms = rooms.flatMap((log) => [
    ...parts.views.citations(db, log).flatMap(({ assets }) => assets),
    // What people named: with few rights nothing else says what a room is about.
    ...parts.views.entriesPage(db, { log, order: 'recorded', limit: namedLimit }).rows.flatMap(({ assets }) => assets),
    ...parts.signalsOf(log).flatMap((id) => lake.signal(id)?.asset ?? []),
  ]);
  const proposed = lake.proposals(new Set()).flatMap(({ assets }) => assets);
  return { assets: [...new Set<string>([...ofRooms, ...named, ...proposed])].map((id) => id as AssetId), rooms };
};
