import * as v from 'valibot';
import { count, id, instant } from './common.ts';

/** One line of an asset's sheet: what, what about it, and when; `chips` are short words beside it. */
export const assetLine = v.object({
  label: v.string(),
  value: v.string(),
  chips: v.array(v.string()),
  at: v.nullable(instant),
  tone: v.picklist(['plain', 'bad', 'warn', 'change', 'ok']),
  /** The fact behind the line, where it is one of the timeline. */
  fact: v.nullable(id),
});
export type AssetLine = v.InferOutput<typeof assetLine>;

/** What one kind of source says about an asset, from this device's cache only. */
export const assetSection = v.object({
  id,
  title: v.string(),
  lines: v.array(assetLine),
  /** Lines that are not shown. */
  more: count,
  /** Where it comes from, in words, and when that was read last; null = never. */
  source: v.string(),
  observedAt: v.nullable(instant),
  completeTo: v.nullable(instant),
  /** Why it is empty or not complete; null = nothing to say. */
  note: v.nullable(v.string()),
});
export type AssetSection = v.InferOutput<typeof assetSection>;

export const assetSheet = v.object({
  asset: id,
  name: v.string(),
  kind: v.string(),
  detail: v.string(),
  sections: v.array(assetSection),
  /** Versions whose columns can be compared from the cache, newest first; empty where there are not two. */
  versions: v.array(v.object({ version: count, at: instant })),
});
export type AssetSheet = v.InferOutput<typeof assetSheet>;

/** Columns of a table at two of its versions. */
export const assetComparison = v.object({
  rows: v.array(
    v.object({
      name: v.string(),
      from: v.nullable(v.string()),
      to: v.nullable(v.string()),
      change: v.picklist(['same', 'added', 'removed', 'retyped']),
    }),
  ),
  /** What the history says happened between the two. */
  changes: v.array(v.string()),
  note: v.nullable(v.string()),
});
export type AssetComparison = v.InferOutput<typeof assetComparison>;
