import type { FaultButton } from '../../main/practice/control.ts';
import { mishaps, type Mishap } from '../../main/practice/mishaps.ts';
import { systemTables } from '../../main/practice/world/system-tables.ts';
import type { Fault } from './faulty-workspace.ts';

type Press = Readonly<Record<string, unknown>>;
const always = { pattern: '.', count: null };

/** A column of every system table: the nth from its end. */
const columns = (kind: 'hide' | 'mask', nth: number): Press => ({
  tables: Object.entries(systemTables).flatMap(([table, all]) => {
    const column = all.at(-1 - (nth % all.length));
    return column === undefined ? [] : [{ table: `system.${table}`, column: column.name, kind }];
  }),
});

/**
 * Faults that pass: how each button is pressed. What is missing here does not compile, but for `commit`: it touches writes, of which
 * sources send none; what a share makes of it is in practice-faults.test.ts.
 */
const passing: Readonly<Record<Exclude<FaultButton, Mishap | 'commit'>, Readonly<Record<string, Press>>>> = {
  disconnected: { offline: { disconnected: true } },
  latencyMs: { 'slow answers': { latencyMs: 3 } },
  status: Object.fromEntries(
    [401, 403, 429, 500, 503].map((code) => [
      `HTTP ${code}`,
      { status: { code, on: 'all', retryAfter: code === 429 ? 0 : null } },
    ]),
  ),
  loseReply: { 'a lost reply': { loseReply: always } },
  coldStartMs: { 'a stopped warehouse': { coldStartMs: 5 } },
  result: Object.fromEntries(
    ['truncated', 'duplicated', 'reordered', 'mistyped'].map((kind) => [
      `${kind} rows`,
      { result: { kind, ...always } },
    ]),
  ),
  slowRowsMs: { 'slow rows': { slowRowsMs: 1 } },
  cutResult: { 'a cut result': { cutResult: always } },
  deny: { 'refused tables and calls': { deny: {} }, 'everything refused': { deny: always } },
  tables: {
    'missing columns': columns('hide', 0),
    'other missing columns': columns('hide', 4),
    'masked columns': columns('mask', 1),
  },
  rights: { 'few rights': { rights: {} } },
  expireSessions: { 'ended sessions': { expireSessions: true } },
};

/** Used up by what they touch. */
const once: readonly string[] = ['expireSessions', 'coldStartMs'];
const late: readonly string[] = ['latencyMs', 'slowRowsMs', 'coldStartMs', 'expireSessions'];
const alike: readonly string[] = ['cutResult', 'loseReply'];

export const passingFaults: readonly Fault[] = Object.entries(passing).flatMap(([button, ways]) =>
  Object.entries(ways).map(([name, press]) => ({
    name,
    press,
    ...(once.includes(button) ? { once: true as const } : {}),
    ...(alike.includes(button) ? { alike: true as const } : {}),
    ...(late.includes(button) ? { oneIn: 8 } : {}),
  })),
);

/** `answers`: what is in an answer, and who may have it; `line`: what becomes of a request on its way. */
export const faultsOf = (part: 'line' | 'answers'): readonly Fault[] =>
  passingFaults.filter(
    ({ press }) => (part === 'answers') === Object.keys(press).some((button) => inAnswers.has(button)),
  );
const inAnswers = new Set<string>(['result', 'deny', 'tables', 'rights'] satisfies readonly FaultButton[]);

/** What happens to a table for good. */
export const mishapFaults: readonly Mishap[] = mishaps;
