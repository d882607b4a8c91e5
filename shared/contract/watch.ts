import * as v from 'valibot';
import { command, nothing, query } from './call-spec.ts';
import { count, id, instant, longestName, objectName } from './common.ts';

/** What a person can name to be read although no room is about it. */
export const watchKinds = ['table', 'job', 'model', 'endpoint', 'pipeline'] as const;
export type WatchKind = (typeof watchKinds)[number];

/** A thing by its kind and the name that its workspace knows; `asset` where it is known already which one it is. */
export const watchNamed = v.object({ kind: v.picklist(watchKinds), name: objectName, asset: v.optional(id) });
export type WatchNamed = v.InferOutput<typeof watchNamed>;

const shown = {
  ...watchNamed.entries,
  label: v.string(),
  detail: v.string(),
  /** Null = no workspace was read yet, so it is not known where it lies. */
  asset: v.nullable(id),
  /** Name of the workspace where it lies; null where the profile has one, or it is not known. */
  workspace: v.nullable(v.string()),
  /** Something was read that speaks of it. */
  seen: v.boolean(),
};

export const watchedRow = v.object({
  ...shown,
  /** As it is written where a room is opened by hand: kind, name, and where several workspaces are read the one that is meant. */
  line: v.string(),
  facts: count,
  latest: v.nullable(v.object({ title: v.string(), at: instant })),
});
export type WatchedRow = v.InferOutput<typeof watchedRow>;

/** What a few letters could mean: first what is known here, then what they would name if it exists (`seen` false). */
export const watchFound = v.object({ ...shown, watched: v.boolean() });
export type WatchFound = v.InferOutput<typeof watchFound>;

/** Watching without a room. */
export const watchCalls = {
  /** What is read although no room is about it, and what a few letters could name. */
  'watch.list': query('room.view', nothing, v.object({ rows: v.array(watchedRow) })),
  'watch.find': query(
    'room.view',
    v.object({ text: v.pipe(v.string(), v.maxLength(longestName)) }),
    v.object({ rows: v.array(watchFound), more: count }),
  ),
  'watch.add': command('lake.refresh', watchNamed, nothing),
  /** Without `asset` whatever has this name. */
  'watch.remove': command('lake.refresh', watchNamed, nothing),
} as const;
