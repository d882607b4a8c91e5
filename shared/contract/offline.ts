import * as v from 'valibot';
import { count, id, instant, sourcesLimit } from './common.ts';

/** Could I leave now? One word for lists and headers; the card says why. */
export const offlineBadge = v.object({
  /**
   * `ready`: everything is here and fresh. `packing`, `waiting` (for the connection), `held` (it began by itself and the limit of
   * the day is reached), `paused`: not all yet, `done` of `total` sources. `partly`: read to the end, but something is missing. `stale`: all was here at `since`. `refused`: a rule forbids it.
   * `released`: the room was closed and let go. `none`: never packed on this device.
   */
  state: v.picklist([
    'none',
    'packing',
    'waiting',
    'held',
    'paused',
    'ready',
    'partly',
    'stale',
    'refused',
    'released',
  ]),
  done: count,
  total: count,
  /** Names of sources that are not in it, for people. */
  missing: v.array(v.string()),
  /** Workspaces of which nothing of this room may be kept here, by name, with the rule's reason: not among what is missing. */
  withheld: v.optional(v.array(v.object({ workspace: v.string(), reason: v.string() }))),
  /** When it was last complete. */
  since: v.nullable(instant),
});
export type OfflineBadge = v.InferOutput<typeof offlineBadge>;

export const offlineSource = v.object({
  source: id,
  label: v.string(),
  workspace: v.string(),
  /** Name of the workspace, where the room was packed from several. */
  place: v.optional(v.string()),
  /** Refused by a rule of residency: no right would help. */
  withheld: v.optional(v.boolean()),
  state: v.picklist(['due', 'reading', 'done', 'refused', 'missing', 'failed', 'left-out']),
  /** Asked by REST: it has calls instead of statements, and their answers no rows. */
  rest: v.boolean(),
  /** What the last packing asked for and got. */
  rows: count,
  /** Rows, or calls, that were expected; null = it could not be known. */
  expected: v.nullable(count),
  statements: count,
  calls: count,
  pages: count,
  /** What the room holds of it now; facts and links are null until they were counted, at the end of a packing. */
  facts: v.nullable(count),
  links: v.nullable(count),
  bytes: count,
  completeTo: v.nullable(instant),
  observedAt: v.nullable(instant),
  missing: v.array(v.string()),
  note: v.nullable(v.string()),
  /** How late it tells and how long the workspace keeps it, in words; null = a source that this version does not know. */
  pace: v.nullable(v.string()),
  /** What a refused source needs, to ask an administrator for; and what a person does without it. */
  ask: v.array(v.string()),
  without: v.array(v.string()),
});
export type OfflineSource = v.InferOutput<typeof offlineSource>;

export const offlineEstimate = v.object({
  rows: count,
  bytes: count,
  statements: count,
  /** Calls of REST: no statements, and their answers have no rows. */
  calls: count,
  ms: count,
  /** Sources whose size could only be guessed or not be known, by name for people; those that are asked by REST apart. */
  uncounted: v.array(v.string()),
  unestimated: v.array(v.string()),
});
export type OfflineEstimate = v.InferOutput<typeof offlineEstimate>;

export const offlineLimits = v.object({
  rows: v.pipe(count, v.minValue(1_000), v.maxValue(5_000_000)),
  megabytes: v.pipe(count, v.minValue(1), v.maxValue(5_000)),
  /** Days after the last entry of a closed room until what only it needed is let go. */
  keepDays: v.pipe(count, v.maxValue(365)),
  /** Days that facts stay which no packed room holds; not fewer than a first reading goes back. */
  factDays: v.pipe(count, v.minValue(14), v.maxValue(365)),
  /** Rooms are packed by themselves when they are opened. */
  auto: v.boolean(),
});
export type OfflineLimits = v.InferOutput<typeof offlineLimits>;

/** How far one room is packed, in days around its onset. `after` null = until now; rows and megabytes null = as the device allows. */
export const offlineChoice = v.object({
  hops: v.pipe(count, v.minValue(1), v.maxValue(6)),
  before: v.pipe(count, v.minValue(1), v.maxValue(365)),
  after: v.nullable(v.pipe(count, v.maxValue(365))),
  rows: v.nullable(offlineLimits.entries.rows),
  megabytes: v.nullable(offlineLimits.entries.megabytes),
});
export type OfflineChoice = v.InferOutput<typeof offlineChoice>;

/**
 * What packing would bring. `reach`: hops that fit into the limits; `leftOut`: assets farther out; `at`: when it was counted;
 * `spent`: what the counting itself took.
 */
export const offlineCounted = v.object({
  ...offlineEstimate.entries,
  reach: count,
  leftOut: count,
  at: instant,
  spent: v.object({ statements: count, calls: count }),
});
export type OfflineCounted = v.InferOutput<typeof offlineCounted>;

/** What this device keeps, and how much it is now. */
export const offlineDevice = v.object({ limits: offlineLimits, rooms: count, facts: count, bytes: count });
export type OfflineDevice = v.InferOutput<typeof offlineDevice>;

export const offlineCard = v.object({
  badge: offlineBadge,
  pack: v.nullable(
    v.object({
      hops: count,
      /** Hops that fitted into the limits. */
      reach: count,
      from: instant,
      to: v.nullable(instant),
      startedAt: instant,
      finishedAt: v.nullable(instant),
      /** A further pack is under way while an earlier one is complete. */
      running: v.boolean(),
      /** Somebody stopped it for now, whether or not an earlier pack is complete. */
      paused: v.boolean(),
      /** It began by itself and stopped at the limit of the day. */
      held: v.boolean(),
      assets: count,
      leftOut: count,
      /** What is in now; facts null until a packing came to its end. */
      facts: v.nullable(count),
      links: count,
      bytes: count,
      /** What the last packing asked for and got. */
      rows: count,
      statements: count,
      calls: count,
      pages: count,
      estimate: v.nullable(offlineEstimate),
      released: v.nullable(v.object({ at: instant, removed: count, cited: count })),
      note: v.nullable(v.string()),
    }),
  ),
  sources: v.pipe(v.array(offlineSource), v.maxLength(sourcesLimit)),
  limits: offlineLimits,
  choice: offlineChoice,
  /** The window that the choice means now; `known` false: the onset is not known, the opening of the room stands for it. */
  window: v.object({ onset: instant, known: v.boolean(), from: instant, to: v.nullable(instant) }),
  can: v.object({ pack: v.boolean() }),
});
export type OfflineCard = v.InferOutput<typeof offlineCard>;
