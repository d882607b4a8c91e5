import { createHash } from 'node:crypto';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant, type Clock } from '../../shared/base/time.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import type { EventLog } from '../log/port.ts';
import type { ReadableDb, Store, WritableDb } from '../store/port.ts';
import {
  allShares,
  forgetProgress,
  orgsOf,
  putShare,
  roomsOf,
  scanIsDue,
  scanRooms,
  type ShareRow,
} from '../store/sync.ts';
import type { Share, ShareFailure, ShareKind, Transport } from './port.ts';

/** Stable id of a place: the same place added twice is one share. */
export const shareId = (kind: ShareKind, place: string): string =>
  `sh_${createHash('sha256').update(`bw-share-1\x1f${kind}\x1f${place}`).digest('hex').slice(0, 32)}`;

export type KnownShare = Share & { readonly incarnation: string };
const fromRow = (row: ShareRow): KnownShare => ({
  id: row.id,
  kind: row.kind === 'delta' ? 'delta' : 'folder',
  place: row.place,
  org: row.org as LogId,
  backendId: row.backend_id,
  incarnation: row.incarnation,
});

export const knownShares = (store: Store): readonly KnownShare[] => allShares(store.read).map(fromRow);

const write = <T>(store: Store, work: (db: WritableDb) => T): Result<T, Failure> =>
  store.transaction<T, Failure>((db) => ok(work(db)));

/** Ask a place who it is and remember it. */
export const registerShare = async (
  store: Store,
  clock: Clock,
  kind: ShareKind,
  place: string,
  transport: Transport,
): Promise<Result<KnownShare, Failure>> => {
  const seen = await transport.probe();
  if (!seen.ok) return seen;
  const share: KnownShare = { id: shareId(kind, place), kind, place, ...seen.value };
  const known = knownShares(store).find((one) => one.id === share.id);
  const stored = write(store, (db) => {
    if (known && (known.backendId !== share.backendId || known.incarnation !== share.incarnation))
      forgetProgress(db, share.id);
    putShare(db, {
      id: share.id,
      kind,
      place,
      org: share.org,
      backend_id: share.backendId,
      incarnation: share.incarnation,
      added_at: toInstant(clock.now()),
    });
  });
  return stored.ok ? ok(share) : stored;
};

const otherOrganisation = (share: Share): ShareFailure =>
  failure(
    'ShareReplaced',
    `${share.place} now belongs to another organisation than before.`,
    'Nothing is sent there; everything you write is saved on this device.',
    'Ask whoever owns the place what happened, then remove this share or join it again.',
  );

/**
 * Before each round: is it still the place we know? Another backend id or another incarnation of its tables (dropped and
 * created again, cloned, restored workspace) voids cursors and marks; everything is compared and healed. Another
 * organisation is never followed silently.
 */
export const confirmPlace = async (
  store: Store,
  clock: Clock,
  share: KnownShare,
  transport: Transport,
  signal?: AbortSignal,
): Promise<Result<{ readonly replaced: boolean }, Failure>> => {
  const seen = await transport.probe(signal ? { signal } : {});
  if (!seen.ok) return seen;
  if (seen.value.org !== share.org) return err(otherOrganisation(share));
  if (seen.value.backendId === share.backendId && seen.value.incarnation === share.incarnation)
    return ok({ replaced: false });
  const { backendId, incarnation } = seen.value;
  const stored = write(store, (db) => {
    forgetProgress(db, share.id);
    putShare(db, {
      id: share.id,
      kind: share.kind,
      place: share.place,
      org: share.org,
      backend_id: backendId,
      incarnation,
      added_at: toInstant(clock.now()),
    });
  });
  return stored.ok ? ok({ replaced: true }) : stored;
};

export type AnnounceDeps = {
  readonly store: Store;
  readonly log: EventLog;
  /** Who acts on this device; null while nobody does: then nothing is announced. */
  readonly actor: () => ActorId | null;
  /** Organisation of a room that nobody announced yet; null keeps it here. */
  readonly orgOf: (log: LogId) => LogId | null;
};

/**
 * Announce own rooms of this organisation that its log does not name yet, so that others find them, and give the logs that
 * belong to the share: the organisation's and its rooms. Runs after the organisation's log was pulled: a room that another
 * device announced meanwhile is not announced twice.
 */
export const logsToShare = (deps: AnnounceDeps, org: LogId): Result<readonly LogId[], Failure> => {
  const { store } = deps;
  const unannounced = (db: ReadableDb): readonly LogId[] =>
    deps.log
      .logs(db)
      .filter((log) => log.startsWith('inc:') && orgsOf(db, log).length === 0 && deps.orgOf(log) === org);
  // A quiet round writes nothing: every commit wakes whoever listens.
  if (scanIsDue(store.read)) {
    const scanned = write(store, scanRooms);
    if (!scanned.ok) return scanned;
  }
  const actor = deps.actor();
  if (actor !== null && unannounced(store.read).length > 0) {
    const said = store.transaction<null, Failure>((db) => {
      const drafts = unannounced(db).map((log) => ({ type: 'room.announced' as const, fields: { log } }));
      const appended = deps.log.append(db, org, actor, drafts);
      if (!appended.ok) return appended;
      scanRooms(db);
      return ok(null);
    });
    if (!said.ok) return said;
  }
  return ok([org, ...roomsOf(store.read, org)]);
};
