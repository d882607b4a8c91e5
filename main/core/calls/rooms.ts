import type { Failure } from '../../../shared/base/failure.ts';
import { mapOk, ok, type Result } from '../../../shared/base/result.ts';
import type { Room } from '../../../shared/contract/room.ts';
import type { OfflineBadge } from '../../../shared/contract/offline.ts';
import type { LogId } from '../../../shared/domain/ids.ts';
import { isEventHash } from '../../../shared/domain/ids.ts';
import type { RoomHeader } from '../../log/views-port.ts';
import type { ReadableDb } from '../../store/port.ts';
import { declaredIn } from '../declared.ts';
import { onMap } from '../display.ts';
import { factEntry } from '../facts.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
import { marksFor } from '../marks.ts';
import { olderFacts } from '../older-facts.ts';
import { pageOf } from '../paging.ts';
import type { Parts } from '../parts.ts';
import { roomScopeOf } from '../room-scope.ts';
import { namesFor, roomRowView, roomView } from '../room-view.ts';
import { entryView, timelinePage } from '../timeline.ts';
import { roomOf } from '../write.ts';

type RoomCalls = 'rooms.list' | 'room.get' | 'room.timeline' | 'room.entry' | 'room.lineage' | 'room.digest';

/** Reading rooms: all answers come from this device and take no network. */
export const roomCalls = (
  parts: Parts,
  lake: LakePart,
  { badge, cost }: { readonly badge: (log: LogId) => OfflineBadge; readonly cost: (log: string) => Room['cost'] },
): HandlersOf<RoomCalls> => {
  const { views } = parts;
  const db: ReadableDb = parts.profile.store.read;

  const names = (roomOrg: LogId | null) => {
    const { org, person } = parts.who();
    return namesFor({ db, views, org, me: person }, roomOrg);
  };
  const inRoom = <T>(log: string, read: (header: RoomHeader) => T): Result<T, Failure> =>
    mapOk(roomOf(parts, db, log), read);

  const scope = roomScopeOf(parts, lake);
  const declared = (header: RoomHeader) =>
    declaredIn({ db, views, names: names(header.org), label: (asset) => lake.label(asset).name }, header.log);
  const older = (log: LogId) => olderFacts(views.citations(db, log), lake.facts.byId);

  return {
    'rooms.list': ({ limit, before }) => {
      const marks = marksFor(db, parts.log);
      const all = views.roomList(db);
      const { rows, next } = pageOf(all, ({ log }) => log, limit, before);
      return ok({
        rows: rows.map((row) => roomRowView(row, names(row.org), marks, badge(row.log))),
        next,
        total: all.length,
      });
    },
    'room.get': ({ log }) =>
      inRoom(log, (header) => {
        const { org, person, roles } = parts.who();
        const marks = marksFor(db, parts.log);
        const assets = onMap(scope.assets(header)).map((id) => ({ id, ...lake.label(id) }));
        return roomView(
          {
            db,
            views,
            clock: parts.clock,
            me: person,
            org,
            roles,
            marks,
            blobHere: parts.blobs.has,
            older: older(header.log),
            assets,
            offline: badge(header.log),
            cost: cost(header.log),
          },
          header,
        );
      }),
    'room.timeline': ({ log, order, machine, search, limit, before }) =>
      inRoom(log, (header) =>
        timelinePage(
          {
            db,
            views,
            names: names(header.org),
            marks: marksFor(db, parts.log),
            facts: lake.facts,
            window: scope.window(header),
            older: older(header.log),
          },
          { log: header.log, order, machine, search, limit, before },
        ),
      ),
    'room.entry': ({ log, id }) =>
      inRoom(log, (header) => {
        const cited = views.citations(db, header.log).find(({ factId }) => factId === id)?.witnesses[0]?.hash;
        const hash = isEventHash(id) ? id : cited;
        const entry = hash === undefined ? null : views.entryByHash(db, hash);
        if (entry !== null && entry.log === header.log) {
          return entryView(
            { names: names(header.org), marks: marksFor(db, parts.log), older: older(header.log) },
            entry,
          );
        }
        const fact = lake.facts.byId(id);
        return fact === null ? null : factEntry(fact);
      }),
    'room.lineage': ({ log, hops }) =>
      inRoom(log, (header) => lake.lineage(onMap(scope.assets(header)), hops, scope.start(header), declared(header))),
    'room.digest': ({ log }) =>
      inRoom(log, (header) => ({
        digest: parts.log.projectionDigest(db, header.log),
        heads: parts.log
          .heads(db, header.log)
          .slice(0, 500)
          .map(({ dev, seq, hash }) => ({ id: dev, seq, hash })),
      })),
  };
};
