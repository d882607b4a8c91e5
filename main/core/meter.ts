import { type Failure, failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject } from '../../shared/base/json.ts';
import { err, ok } from '../../shared/base/result.ts';
import type { Cancel } from '../../shared/base/time.ts';
import type { QueryOptions, Warehouse, Workspace } from '../databricks/port.ts';
import { overDayLimit } from '../lake/day-limit.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { type Budget, budgetOf, isReached, reportDue, sumOf, type Use, utcDay } from './budget-rule.ts';
import { countWhile } from './answer-time.ts';
import type { Parts } from './parts.ts';
import { type LeftBeside, leftBeside } from './usage-beside.ts';
import { append } from './write.ts';

/** Told of every statement that leaves and of every answer that came. */
export type Heard = { readonly sent: () => void; readonly answered: () => void };
/** What a room caused on warehouses. */
export type RoomUse = { readonly statements: number; readonly seconds: number; readonly rows: number };
export type Day = {
  readonly day: string;
  readonly mine: Use;
  /** Of all devices of the organisation, as far as they told. */
  readonly sum: Use;
  readonly devices: number;
  readonly budget: Budget;
  readonly reached: boolean;
};

/**
 * Counts every statement that leaves for a warehouse: by UTC day against the limit that all devices share, and by room. Kept in
 * the profile, so that a restart forgets nothing; a clock that jumps finds each day as it was left. Practice costs nothing: it
 * counts for rooms, not for the limit.
 */
export type Meter = {
  readonly counted: (workspace: Workspace, kind: 'practice' | 'workspace', heard: Heard) => Workspace;
  readonly day: () => Day;
  readonly reached: () => boolean;
  /** Say that the limit is reached, for every screen; null = it is not. */
  readonly notice: () => Failure | null;
  readonly room: (log: string) => RoomUse | null;
  /** Tell the other devices, when it is time. `shared`: somebody listens. True = there is something new to send. */
  readonly report: (shared: boolean) => boolean;
  readonly close: () => void;
};

const daysKey = 'usage.days';
const roomsKey = 'usage.rooms';
/** Id of what commands left that is counted in the days. */
const besideKey = 'usage.beside';
const keptDays = 7;
const keptRooms = 500;
/** What is counted is written this long after, so that a burst of statements is one write. */
const writeMs = 10_000;

type Counted = { statements: number; ms: number };
type CountedRoom = Counted & { rows: number };

const numberIn = (value: JsonObject, name: string): number => {
  const found = value[name];
  return typeof found === 'number' && Number.isFinite(found) && found >= 0 ? found : 0;
};

export const createMeter = (parts: Parts): Meter => {
  const { profile, clock, views } = parts;
  const { store } = profile;
  const read = <T>(key: string, make: (value: JsonObject) => T): Map<string, T> => {
    const value = getSetting(store.read, key);
    const entries = isJsonObject(value) ? Object.entries(value) : [];
    return new Map(entries.flatMap(([name, one]): [string, T][] => (isJsonObject(one) ? [[name, make(one)]] : [])));
  };
  const days = read<Counted>(daysKey, (one) => ({ statements: numberIn(one, 'statements'), ms: numberIn(one, 'ms') }));
  const rooms = read<CountedRoom>(roomsKey, (one) => ({
    statements: numberIn(one, 'statements'),
    ms: numberIn(one, 'ms'),
    rows: numberIn(one, 'rows'),
  }));
  let waiting: Cancel | null = null;
  /** What commands left, counted in the days here; its file goes when they are on disk. */
  let beside: LeftBeside | null = null;
  let told: { readonly day: string; readonly use: Use; readonly at: number } | null = null;

  const write = (): void => {
    waiting?.();
    waiting = null;
    const newest = <T>(map: Map<string, T>, most: number): { [key: string]: T } =>
      Object.fromEntries([...map].slice(-most));
    const written = store.transaction((db) => {
      if (beside !== null) setSetting(db, besideKey, beside.id);
      setSetting(db, daysKey, newest(new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1))), keptDays));
      setSetting(db, roomsKey, newest(rooms, keptRooms));
      return ok(null);
    });
    if (written.ok && beside?.drop() === true) beside = null;
  };

  const add = (day: string, statements: number, ms: number): void => {
    const before = days.get(day) ?? { statements: 0, ms: 0 };
    days.set(day, { statements: before.statements + statements, ms: before.ms + ms });
  };
  /** What commands sent beside this process counts from when it is first asked for. */
  const takeIn = (): void => {
    if (beside !== null) return;
    beside = leftBeside(profile.dir);
    if (beside === null) return;
    // Left over by an earlier session that had counted it on disk and came to no end.
    const isCounted = beside.leftOver && getSetting(store.read, besideKey) === beside.id;
    if (!isCounted) for (const { day, statements, ms } of beside.used) add(day, statements, ms);
    waiting ??= parts.scheduler.after(writeMs, write);
  };

  const count = (
    kind: string,
    options: QueryOptions | undefined,
    statements: number,
    ms: number,
    rows: number,
  ): void => {
    if (kind === 'workspace') add(utcDay(clock.now()), statements, ms);
    const causes = options?.rooms ?? [];
    for (const log of causes) {
      const before = rooms.get(log) ?? { statements: 0, ms: 0, rows: 0 };
      // A room that is used again counts as new, so that the oldest go first.
      rooms.delete(log);
      rooms.set(log, {
        statements: before.statements + statements / causes.length,
        ms: before.ms + ms / causes.length,
        rows: before.rows + rows / causes.length,
      });
    }
    // Practice outside of rooms counts for nothing: no write for it.
    if (kind === 'workspace' || causes.length > 0) waiting ??= parts.scheduler.after(writeMs, write);
  };

  const mineOn = (day: string): Use => {
    const { statements, ms } = days.get(day) ?? { statements: 0, ms: 0 };
    return { statements, seconds: Math.round(ms / 1000) };
  };
  const day = (): Day => {
    const { org, device } = parts.who();
    takeIn();
    const today = utcDay(clock.now());
    const reported = views.usage(store.read, org, today);
    const mine = mineOn(today);
    const sum = sumOf(reported, mine, device);
    const budget = budgetOf(views.budget(store.read, org));
    const devices = new Set([
      ...reported.map(({ dev }) => dev as string),
      ...(mine.statements > 0 ? [device as string] : []),
    ]);
    return { day: today, mine, sum, devices: devices.size, budget, reached: isReached(sum, budget) };
  };

  /**
   * At the limit nothing leaves that nobody asked for: no statement, and no call of REST, which costs no statement but is reading by
   * itself all the same. Whether the workspace answers and its warehouse runs is still looked at (reader.ts), or the status would be untrue.
   */
  const holds = (kind: string, options: QueryOptions | undefined): boolean =>
    kind === 'workspace' && options?.byItself === true && day().reached;

  return {
    counted: (workspace, kind, heard) => {
      const { warehouse, rest } = workspace;
      const counted: Warehouse = {
        ...warehouse,
        query: async (statement, options) => {
          if (holds(kind, options)) return err(overDayLimit);
          // Counted when it leaves: one that is never answered was sent all the same.
          count(kind, options, 1, 0, 0);
          heard.sent();
          const answered = countWhile(parts, (ms) => count(kind, options, 0, ms, 0));
          try {
            const answer = await warehouse.query(statement, options);
            if (answer.ok) {
              count(kind, options, 0, 0, answer.value.rows.length);
              heard.answered();
            }
            return answer;
          } finally {
            answered();
          }
        },
        pages: async function* (statement, options) {
          if (holds(kind, options)) {
            yield err(overDayLimit);
            return;
          }
          count(kind, options, 1, 0, 0);
          heard.sent();
          const wait = (): (() => void) => countWhile(parts, (ms) => count(kind, options, 0, ms, 0));
          let answered: (() => void) | null = wait();
          try {
            for await (const page of warehouse.pages(statement, options)) {
              answered?.();
              // What the reader does with a page is not the warehouse's time.
              answered = null;
              if (page.ok) {
                count(kind, options, 0, 0, page.value.rows.length);
                heard.answered();
              }
              yield page;
              answered = wait();
            }
          } finally {
            answered?.();
          }
        },
      };
      return {
        ...workspace,
        warehouse: counted,
        identity: (options, by = counted) => workspace.identity(options, by),
        rest: {
          ...rest,
          call: (request, options) =>
            holds(kind, options) ? Promise.resolve(err(overDayLimit)) : rest.call(request, options),
        },
      };
    },
    day,
    reached: () => day().reached,
    notice: () => {
      const { reached, sum, budget, mine } = day();
      // Somebody whose own work asks nothing of a real warehouse is not stopped by it.
      return reached && mine.statements > 0 ? limitReached(sum, budget) : null;
    },
    room: (log) => {
      const use = rooms.get(log);
      return use === undefined
        ? null
        : { statements: Math.round(use.statements), seconds: Math.round(use.ms / 1000), rows: Math.round(use.rows) };
    },
    report: (shared) => {
      const { admitted, org, device } = parts.who();
      if (!shared || !admitted) return false;
      const { day: today, mine, sum, budget } = day();
      const before =
        told?.day === today
          ? told
          : {
              use: views.usage(store.read, org, today).find(({ dev }) => dev === device) ?? {
                statements: 0,
                seconds: 0,
              },
              at: 0,
            };
      const since = clock.now() - before.at;
      // A clock that was set back must not silence this device.
      if (!reportDue(before.use, mine, sum, budget, since < 0 ? Number.MAX_SAFE_INTEGER : since)) return false;
      const written = store.transaction((db) =>
        append(parts, db, org, [
          {
            type: 'usage.reported',
            fields: { day: today, statements: mine.statements, seconds: mine.seconds },
            over: views.usageHeads(db, org, today, device),
          },
        ]),
      );
      if (written.ok) told = { day: today, use: mine, at: clock.now() };
      return written.ok;
    },
    close: () => {
      if (waiting !== null) write();
    },
  };
};

const limitReached = (sum: Use, budget: Budget): Failure =>
  failure(
    'LimitReached',
    `The devices of this organisation have used the limit of today: ${sum.statements} of ${budget.statements} statements, ${Math.floor(sum.seconds / 60)} of ${budget.minutes} minutes. Reading by itself, by statements and by REST, and packing by itself have stopped; they start again at 00:00 UTC.`,
    'Nothing is lost: what was read stays, what you write is shared as before.',
    'Refresh by hand where you need it, which still works and is counted on; an administrator can set another limit under Settings.',
  );
