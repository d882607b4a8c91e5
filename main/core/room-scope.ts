import { fromInstant, type Instant, toInstant } from '../../shared/base/time.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import type { RoomHeader } from '../log/views-port.ts';
import { factsBeforeMs, type FactWindow } from './facts.ts';
import type { LakePart } from './lake-part.ts';
import type { Parts } from './parts.ts';

/** How far around its assets a room takes machine facts into its timeline. */
const timelineHops = 3;
/** Entries that are looked through for assets that people named; signals and citations name the rest. */
const entriesLimit = 200;

/** What belongs to a room without anybody saying so for each fact: its assets, their surroundings, its time. */
export type RoomScope = {
  readonly assets: (header: RoomHeader) => readonly string[];
  readonly start: (header: RoomHeader) => Instant;
  readonly window: (header: RoomHeader) => FactWindow;
};

export const roomScopeOf = (parts: Parts, lake: LakePart): RoomScope => {
  const { views } = parts;
  const db = parts.profile.store.read;

  const named = (log: LogId): readonly string[] =>
    views.entriesPage(db, { log, order: 'recorded', limit: entriesLimit }).rows.flatMap(({ assets }) => assets);
  const assets = (header: RoomHeader): readonly string[] => {
    const signalled = header.signals.flatMap((id) => lake.signal(id)?.asset ?? []);
    const cited = views.citations(db, header.log).flatMap((one) => one.assets);
    return [...new Set([...signalled, ...cited, ...named(header.log)])];
  };
  const start = (header: RoomHeader): Instant => {
    const began: Instant = header.startedAt ?? header.openedAt ?? toInstant(parts.clock.now());
    return toInstant(fromInstant(began) - factsBeforeMs);
  };
  return {
    assets,
    start,
    // Models and what serves them are no exception: edges tell whose they are (features, inputs of runs, inference tables).
    window: (header) => ({ assets: lake.around(assets(header), timelineHops), from: start(header) }),
  };
};
