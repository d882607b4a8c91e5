import * as v from 'valibot';
import { incidentClasses, severities } from '../domain/vocabulary.ts';
import { count, id, instant, logId } from './common.ts';
import { freshness } from './status.ts';

export const signal = v.object({
  id,
  monitor: v.string(),
  asset: id,
  assetName: v.string(),
  title: v.string(),
  why: v.string(),
  startedAt: instant,
  observedAt: instant,
  verdict: v.nullable(v.object({ value: v.string(), by: v.string(), at: instant })),
});
export type Signal = v.InferOutput<typeof signal>;

export const proposal = v.object({
  id,
  title: v.string(),
  class: v.picklist(incidentClasses),
  severity: v.picklist(severities),
  startedAt: instant,
  detectedAt: instant,
  why: v.string(),
  assets: v.array(v.object({ id, name: v.string() })),
  signals: v.array(signal),
  suppressed: count,
  /** The room that already answers it, if any. */
  room: v.nullable(logId),
});
export type Proposal = v.InferOutput<typeof proposal>;

export const inbox = v.object({
  proposals: v.array(proposal),
  /** What is watched and how fresh it is: the words of an empty inbox. */
  watched: v.array(v.object({ monitor: v.string(), what: v.string(), count, completeTo: v.nullable(instant) })),
  declined: count,
  freshness: v.array(freshness),
  detectedAt: v.nullable(instant),
});
export type Inbox = v.InferOutput<typeof inbox>;
