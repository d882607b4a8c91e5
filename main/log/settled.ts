import type { JsonValue } from '../../shared/base/json.ts';
import type { DecodedEvent } from '../../shared/domain/event.ts';
import { specOf } from '../../shared/domain/event-types.ts';
import type { ActorId, DeviceId, EventHash, LogId } from '../../shared/domain/ids.ts';
import { laterHead, registerValue } from '../../shared/domain/reduce.ts';
import { eventByRid, type EventRow } from '../store/events.ts';
import { logById, streamOf, type LogRow } from '../store/logs.ts';
import { bindingsOf } from '../store/orgs.ts';
import type { ReadableDb } from '../store/port.ts';
import { headsOf } from '../store/projections.ts';
import { governingOrg } from './authority.ts';
import { decodeRow } from './decode.ts';
import { knownSeq } from './knowledge.ts';
import type { Author, HeadView, SettledView } from './views-port.ts';

/** One log seen through one call of a view: who is attested is looked up once. */
export type LogView = {
  readonly db: ReadableDb;
  readonly row: LogRow;
  readonly author: (event: { readonly actor: string; readonly dev: string }) => Author;
};

export const openView = (db: ReadableDb, log: LogId): LogView | null => {
  const row = logById(db, log);
  return row ? viewOf(db, row, attestedIn(db, governingOrg(row))) : null;
};

/** Pairs `dev person` that the organisation's log binds. */
export const attestedIn = (db: ReadableDb, org: string | null): ReadonlySet<string> =>
  new Set(org === null ? [] : bindingsOf(db, org).map(({ dev, person }) => `${dev} ${person}`));

export const viewOf = (db: ReadableDb, row: LogRow, attested: ReadonlySet<string>): LogView => ({
  db,
  row,
  author: ({ actor, dev }) => ({
    actor: actor as ActorId,
    dev: dev as DeviceId,
    attested: attested.has(`${dev} ${actor}`),
  }),
});

export const decoded = (row: EventRow): DecodedEvent => {
  const { type, v } = JSON.parse(row.line) as { type: string; v: number };
  return decodeRow(row, specOf(type, v));
};

/** Text of a field that is here, or null. */
export const fieldText = (event: DecodedEvent, name: string): string | null => {
  const value = Object.hasOwn(event.fields, name) ? event.fields[name] : undefined;
  return typeof value === 'string' ? value : null;
};

/** Heads of a register as events, the shown one first. */
export const headEvents = (view: LogView, entity: string, register: string): readonly DecodedEvent[] =>
  headsOf(view.db, view.row.rid, entity, register)
    .flatMap(({ event_rid }) => {
      const row = eventByRid(view.db, event_rid);
      return row && row.sealed === 0 ? [decoded(row)] : [];
    })
    .sort(laterHead);

/** Its author had every other head and left it standing. */
const sawOthers = (view: LogView, head: DecodedEvent, heads: readonly DecodedEvent[]): boolean => {
  const stream = streamOf(view.db, view.row.rid, head.dev);
  if (!stream) return false;
  return heads.every((other) => {
    if (other === head) return true;
    if (other.dev === head.dev) return other.seq < head.seq;
    return knownSeq(view.db, stream.rid, head.seq, other.dev) >= other.seq;
  });
};

const nothing = { value: null, head: null, conflict: [], heads: [] } as const;

/**
 * A register as people see it. The registry checked clear values before an event got effect, and `decodeRow` those that are
 * told, so a value that is here has the type that the register's spec says.
 */
export const settled = <T extends JsonValue>(view: LogView, entity: string, register: string): SettledView<T> => {
  const events = headEvents(view, entity, register);
  const [winner] = events;
  if (!winner) return nothing;
  const valueOf = (event: DecodedEvent): T | null => {
    const spec = specOf(event.type, event.v);
    return ((spec && registerValue(spec, register, event.fields)) ?? null) as T | null;
  };
  const texts = new Set(events.map((event) => JSON.stringify(valueOf(event))));
  const conflict: readonly HeadView<T>[] =
    texts.size < 2
      ? []
      : events.map((event) => ({
          value: valueOf(event),
          hash: event.hash,
          by: view.author(event),
          at: event.at,
          seenOthers: sawOthers(view, event, events),
        }));
  return {
    value: valueOf(winner),
    head: { hash: winner.hash, by: view.author(winner), at: winner.at },
    conflict,
    heads: events.map(({ hash }): EventHash => hash),
  };
};
