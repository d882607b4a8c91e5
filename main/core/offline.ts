import type { Failure } from '../../shared/base/failure.ts';
import { mapOk, ok, type Result } from '../../shared/base/result.ts';
import { fromInstant, type Cancel } from '../../shared/base/time.ts';
import type {
  OfflineBadge,
  OfflineCard,
  OfflineChoice,
  OfflineCounted,
  OfflineDevice,
  OfflineEstimate,
} from '../../shared/contract/offline.ts';
import { sourcesLimit } from '../../shared/contract/common.ts';
import { allows } from '../../shared/domain/policy.ts';
import { assetParts, type AssetId, type LogId } from '../../shared/domain/ids.ts';
import { createPacking } from '../lake/packing.ts';
import type { Pack, PackingDeps, PackRequest } from '../lake/packing-port.ts';
import type { PackEstimate } from '../lake/pack-estimate.ts';
import { collectors, isAskedByRest, sourceLabel } from '../lake/sources.ts';
import type { RoomHeader, RoomListRow } from '../log/views-port.ts';
import { packedSize } from '../store/packs.ts';
import type { DeviceLimits } from './device-limits.ts';
import type { LakePart } from './lake-part.ts';
import { isOpenRoom, letGoOf } from './let-go.ts';
import type { Place } from './named-places.ts';
import { badgeOf, sourceLine, withheldWorkspaces } from './offline-card.ts';
import { type ChoiceChange, offlineChoices } from './offline-choice.ts';
import type { Parts } from './parts.ts';
import { roomScopeOf } from './room-scope.ts';

type Estimates = (request: PackRequest & { readonly byItself?: boolean }) => Promise<Result<OfflineCounted, Failure>>;

/** Rooms packed for working offline: what screens ask, what people press, and what happens by itself. */
export type OfflinePart = {
  readonly badge: (log: LogId) => OfflineBadge;
  readonly card: (header: RoomHeader) => OfflineCard;
  readonly estimate: Estimates;
  readonly start: (request: PackRequest) => Result<null, Failure>;
  readonly pause: (log: LogId) => Result<null, Failure>;
  readonly resume: (log: LogId) => Result<null, Failure>;
  readonly cancel: (log: LogId) => Result<null, Failure>;
  /** What packing this room means when nobody says otherwise. */
  readonly request: (header: RoomHeader) => PackRequest;
  readonly choose: (header: RoomHeader, change: ChoiceChange) => Result<OfflineChoice, Failure>;
  readonly device: () => OfflineDevice;
  readonly setLimits: DeviceLimits['set'];
  /** The connection works: pack opened rooms, go on with what waits, bring up to date, let closed rooms go. */
  readonly turn: () => void;
  readonly stop: () => Promise<void>;
};

/** A packed room of an open incident is brought up to date this often while the connection works. */
const againAfterMs = 30 * 60_000;
/** How many rooms are kept packed; those with the newest entries. */
const roomLimit = 20;
/** Progress is shown at most this often. */
const showMs = 300;

export const offlineOf = (
  parts: Parts,
  lake: LakePart,
  limits: DeviceLimits,
  from: Pick<PackingDeps, 'workspaces' | 'refuses'> & {
    /** Whether something that nobody pressed for may be sent now; else why not. */
    readonly mayByItself: () => Promise<Result<null, Failure>>;
    readonly places: () => readonly Place[];
  },
): OfflinePart => {
  const { clock, scheduler, logger, views } = parts;
  const { store } = parts.profile;
  const db = store.read;
  const scope = roomScopeOf(parts, lake);
  let showing: Cancel | null = null;
  const show = (): void => {
    showing ??= scheduler.after(showMs, () => {
      showing = null;
      parts.changed();
    });
  };

  const choices = offlineChoices(store, clock);
  const packing = createPacking({
    ...from,
    store,
    clock,
    log: (line) => logger.info(line),
    breathe: () => new Promise((resolve) => void scheduler.after(0, resolve)),
    assetsOf: (room) => {
      const header = views.roomHeader(db, room as LogId);
      return header === null ? [] : scope.assets(header).map((asset) => asset as AssetId);
    },
    limits: (room) => {
      const device = limits.now();
      const { rows, megabytes } = choices.limits(room as LogId);
      return { rows: rows ?? device.rows, bytes: (megabytes ?? device.megabytes) * 1_000_000 };
    },
    keptMs: limits.keptMs,
    changed: show,
  });

  const request = (header: RoomHeader): PackRequest => choices.request(header, packing.pack(db, header.log));
  const windowOf = (header: RoomHeader): OfflineCard['window'] => {
    const { at, known } = choices.onset(header);
    const { from: begin, to } = request(header);
    return { onset: at, known, from: begin, to };
  };
  /** A workspace as people call it, and whether something lies there that the room is about. */
  const placeIn = (log: LogId) => {
    const header = views.roomHeader(db, log);
    const scopes = new Set(
      (header === null ? [] : scope.assets(header)).map((one) => assetParts(one as AssetId).scope),
    );
    const places = from.places();
    return (workspace: string): { readonly name: string; readonly concerned: boolean } => {
      const metastore = places.find(({ workspaceId }) => workspaceId === workspace)?.metastoreId.toLowerCase();
      const concerned = scopes.has(workspace) || (metastore !== undefined && scopes.has(metastore));
      return { name: lake.workspaceName(workspace), concerned };
    };
  };
  const badge = (log: LogId): OfflineBadge => {
    const pack = packing.pack(db, log);
    const isRuled = pack?.sources.some(({ state }) => state === 'withheld') === true;
    return badgeOf(pack, clock.now(), sourceLabel, isRuled ? withheldWorkspaces(pack, placeIn(log)) : []);
  };

  const isDue = (pack: Pack): boolean => {
    if (pack.state !== 'done' || pack.finishedAt === null) return false;
    const since = clock.now() - fromInstant(pack.finishedAt);
    // Packed in the future: the clock was set back since.
    return since < 0 || since >= againAfterMs || !packing.covers(db, pack.room);
  };
  const keep = (row: RoomListRow): void => {
    const pack = packing.pack(db, row.log);
    const header = views.roomHeader(db, row.log);
    if (header === null || (pack !== null && pack.state !== 'released' && !isDue(pack))) return;
    packing.start(choices.request(header, pack));
  };
  const letGo = letGoOf({ store, clock, views, packing });

  return {
    badge,
    card: (header) => {
      const pack = packing.pack(db, header.log);
      const sources = pack?.sources ?? [];
      const sum = (key: 'rows' | 'bytes' | 'statements' | 'calls' | 'pages' | 'facts' | 'links'): number =>
        sources.reduce((all, one) => all + (one[key] ?? 0), 0);
      const hasSeveral = new Set(sources.flatMap(({ workspace }) => (workspace === '' ? [] : [workspace]))).size > 1;
      const isMeasured = sources.some(({ facts }) => facts !== null);
      return {
        badge: badge(header.log),
        pack:
          pack === null
            ? null
            : {
                hops: pack.hops,
                reach: pack.reach,
                from: pack.from,
                to: pack.to,
                startedAt: pack.startedAt,
                finishedAt: pack.finishedAt,
                running: pack.state === 'packing' || pack.state === 'waiting',
                paused: pack.state === 'paused',
                held: pack.state === 'held',
                assets: pack.assets,
                leftOut: pack.leftOut,
                facts: isMeasured ? sum('facts') : null,
                links: sum('links'),
                bytes: sum('bytes'),
                rows: sum('rows'),
                statements: sum('statements'),
                calls: sum('calls'),
                pages: sum('pages'),
                estimate: pack.estimate === null ? null : named(pack.estimate),
                released: pack.released,
                note: pack.note,
              },
        sources: sources.slice(0, sourcesLimit).map((one) =>
          sourceLine(
            one,
            collectors.find(({ source }) => source === one.source),
            hasSeveral && one.workspace !== '' ? lake.workspaceName(one.workspace) : null,
          ),
        ),
        limits: limits.now(),
        choice: choices.of(header, pack),
        window: windowOf(header),
        can: { pack: allows(parts.who().roles, 'lake.refresh') },
      };
    },
    estimate: async (request) => {
      const may = request.byItself === true ? await from.mayByItself() : ok(null);
      if (!may.ok) return may;
      return mapOk(await packing.estimate(request), (found) => ({
        ...named(found),
        reach: found.reach,
        leftOut: found.leftOut,
        at: found.at,
        spent: found.spent,
      }));
    },
    start: packing.start,
    pause: packing.pause,
    resume: packing.resume,
    cancel: packing.cancel,
    request,
    choose: (header, change) => {
      const chosen = choices.choose(header, packing.pack(db, header.log), change);
      parts.changed();
      return chosen;
    },
    device: () => ({ limits: limits.now(), ...packedSize(db) }),
    setLimits: limits.set,
    turn: () => {
      const { auto, keepDays } = limits.now();
      const rooms = views.roomList(db);
      if (auto) for (const row of rooms.filter(isOpenRoom).slice(0, roomLimit)) keep(row);
      letGo(rooms, keepDays);
      packing.nudge();
    },
    stop: async () => {
      showing?.();
      await packing.stop();
    },
  };
};

const named = (estimate: PackEstimate): OfflineEstimate => {
  const { rows, bytes, statements, calls, ms, uncounted } = estimate;
  const labels = (sources: readonly string[]): string[] => [...new Set(sources.map(sourceLabel))];
  return {
    rows, bytes, statements, calls, ms,
    uncounted: labels(uncounted.filter((one) => !isAskedByRest(one))),
    unestimated: labels(uncounted.filter(isAskedByRest)),
  }; // prettier-ignore
};
