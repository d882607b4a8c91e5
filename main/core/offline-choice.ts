import * as v from 'valibot';
import type { Failure } from '../../shared/base/failure.ts';
import { mapOk, ok, type Result } from '../../shared/base/result.ts';
import { fromInstant, type Instant, toInstant, type Clock } from '../../shared/base/time.ts';
import { offlineChoice, type OfflineChoice } from '../../shared/contract/offline.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import type { Pack, PackRequest } from '../lake/packing-port.ts';
import type { RoomHeader } from '../log/views-port.ts';
import type { Store } from '../store/port.ts';
import { getSetting, setSetting } from '../store/settings.ts';

const dayMs = 86_400_000;
/** What happened before the onset can be its cause; schedules run weekly, some every second week. */
const suggested: OfflineChoice = { hops: 3, before: 14, after: null, rows: null, megabytes: null };
const keyOf = (log: LogId): string => `offline.choice.${log}`;

export type ChoiceChange = { readonly [K in keyof OfflineChoice]?: OfflineChoice[K] | undefined };

/** How far a room is packed, as somebody chose it on this device: remembered, so that it packs itself the same way again. */
export type OfflineChoices = {
  /** Chosen, else as it was packed last, else what is suggested. */
  readonly of: (header: RoomHeader, pack: Pack | null) => OfflineChoice;
  readonly limits: (log: LogId) => Pick<OfflineChoice, 'rows' | 'megabytes'>;
  readonly choose: (header: RoomHeader, pack: Pack | null, change: ChoiceChange) => Result<OfflineChoice, Failure>;
  /** The window of a choice: it is kept relative to the onset, so that it moves when the onset becomes known better. */
  readonly request: (header: RoomHeader, pack: Pack | null) => PackRequest;
  readonly onset: (header: RoomHeader) => { readonly at: Instant; readonly known: boolean };
};

export const offlineChoices = (store: Store, clock: Clock): OfflineChoices => {
  const db = store.read;
  const stored = (log: LogId): OfflineChoice | null => {
    const saved = v.safeParse(offlineChoice, getSetting(db, keyOf(log)));
    return saved.success ? saved.output : null;
  };
  const onset: OfflineChoices['onset'] = ({ startedAt, openedAt }) => ({
    at: startedAt ?? openedAt ?? toInstant(clock.now()),
    known: startedAt !== null,
  });
  const days = (ms: number): number => Math.min(365, Math.max(0, Math.round(ms / dayMs)));
  const packedAs = (header: RoomHeader, pack: Pack): OfflineChoice => {
    const at = fromInstant(onset(header).at);
    return {
      ...suggested,
      hops: pack.hops,
      before: Math.max(1, days(at - fromInstant(pack.from))),
      after: pack.to === null ? null : days(fromInstant(pack.to) - at),
    };
  };
  const of: OfflineChoices['of'] = (header, pack) =>
    stored(header.log) ?? (pack === null ? suggested : packedAs(header, pack));
  return {
    of,
    onset,
    limits: (log) => stored(log) ?? suggested,
    choose: (header, pack, change) => {
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const choice: OfflineChoice = { ...of(header, pack), ...given };
      return mapOk(
        store.transaction<null>((writable) => {
          setSetting(writable, keyOf(header.log), choice);
          return ok(null);
        }),
        () => choice,
      );
    },
    request: (header, pack) => {
      // As it was packed, to the millisecond, unless somebody chose: then what was read before need not be read again.
      if (stored(header.log) === null && pack !== null)
        return { room: header.log, hops: pack.hops, from: pack.from, to: pack.to };
      const { hops, before, after } = of(header, pack);
      const at = fromInstant(onset(header).at);
      return {
        room: header.log,
        hops,
        from: toInstant(at - before * dayMs),
        to: after === null ? null : toInstant(at + after * dayMs),
      };
    },
  };
};
