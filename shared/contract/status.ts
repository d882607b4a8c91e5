import * as v from 'valibot';
import { roles } from '../domain/policy.ts';
import { keyProtections } from '../domain/vocabulary.ts';
import { count, failureSchema, id, instant, logId } from './common.ts';
import { connectionRow } from './share.ts';

/** Age of one kind of fact: `completeTo` comes from data, `observedAt` from this device's clock. */
export const freshness = v.object({
  source: id,
  label: v.string(),
  /** Name of the workspace that was asked; null where there is only one, or none yet. */
  workspace: v.nullable(v.string()),
  completeTo: v.nullable(instant),
  observedAt: v.nullable(instant),
  state: v.picklist(['never', 'fresh', 'stale', 'denied', 'failed', 'missing']),
  /** When it is read: by the background always, only around something affected or watched, or only when a room is packed. */
  read: v.picklist(['always', 'around', 'packing']),
  /** It rests for a while after each reading, as its note says: it is older than the others, and not late. */
  rests: v.optional(v.boolean()),
  missing: v.array(v.string()),
  note: v.nullable(v.string()),
});
export type Freshness = v.InferOutput<typeof freshness>;

export const shareState = v.object({
  id,
  kind: v.picklist(['delta', 'folder']),
  place: v.string(),
  state: v.picklist(['connected', 'offline', 'not-set-up', 'denied', 'failed', 'syncing']),
  lastSyncAt: v.nullable(instant),
  onlyHere: count,
  failure: v.nullable(failureSchema),
});

export const status = v.object({
  app: v.object({ name: v.string(), version: v.string(), contract: v.number() }),
  profile: v.object({ name: v.string(), folder: v.string() }),
  now: instant,
  host: v.picklist(['electron', 'browser', 'in-process']),
  workspace: v.object({
    name: v.string(),
    kind: v.picklist(['practice', 'workspace', 'none']),
    host: v.string(),
    state: v.picklist(['online', 'offline', 'connecting', 'denied', 'not-configured']),
    since: v.nullable(instant),
    failure: v.nullable(failureSchema),
  }),
  /** All workspaces, the primary one (which is `workspace`) first. */
  workspaces: v.array(connectionRow),
  you: v.object({
    person: id,
    name: v.string(),
    roles: v.array(v.picklist(roles)),
    device: id,
    keyProtection: v.picklist(keyProtections),
    /** False until somebody admits this device to the share's organisation. */
    admitted: v.boolean(),
    org: v.nullable(logId),
  }),
  onlyHere: count,
  quarantined: count,
  unknownEvents: count,
  shares: v.array(shareState),
  devices: v.array(v.object({ id, person: id, name: v.string(), lastSeen: v.nullable(instant), you: v.boolean() })),
  freshness: v.array(freshness),
  inboxCount: count,
  joinRequests: count,
  notices: v.array(failureSchema),
});
export type Status = v.InferOutput<typeof status>;
