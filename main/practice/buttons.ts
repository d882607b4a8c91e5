import type { Clock } from '../../shared/base/time.ts';
import type { EngineColumn, EnginePage } from './engine-port.ts';

/** Which requests a fault touches. */
export type Reach = 'all' | 'sql' | 'rest';
export type CommitFault = 'duplicated' | 'missing';
export type ResultFault = 'truncated' | 'duplicated' | 'reordered' | 'mistyped';

/** The state of the buttons, as the control API shows and sets it. `count`: how many requests it still touches; null = until released. */
export type ButtonState = {
  readonly disconnected: boolean;
  readonly latencyMs: number;
  readonly status: {
    readonly code: 401 | 403 | 429 | 500 | 503;
    readonly retryAfter: number | null;
    readonly on: Reach;
    readonly count: number | null;
  } | null;
  /** The statement runs and commits, then its reply is lost. `pattern`: regular expression on the statement. */
  readonly loseReply: { readonly pattern: string; readonly count: number | null } | null;
  /** The warehouse is stopped: the first use starts it, which takes this long. */
  readonly coldStartMs: number;
  readonly result: { readonly kind: ResultFault; readonly pattern: string; readonly count: number | null } | null;
  /** How long every hundred rows of a result take. */
  readonly slowRowsMs: number;
  /** The reply with rows is cut in its middle: half of its bytes, then nothing. */
  readonly cutResult: { readonly pattern: string; readonly count: number | null } | null;
  /** A write is committed twice, or is answered as if it had been committed. */
  readonly commit: { readonly kind: CommitFault; readonly pattern: string; readonly count: number | null } | null;
  /** No right to what the text of a statement or the path of a REST call matches. */
  readonly deny: { readonly pattern: string; readonly count: number | null } | null;
};

export const released: ButtonState = {
  disconnected: false,
  latencyMs: 0,
  status: null,
  loseReply: null,
  coldStartMs: 0,
  result: null,
  slowRowsMs: 0,
  cutResult: null,
  commit: null,
  deny: null,
};

export type Buttons = {
  readonly state: () => ButtonState;
  readonly set: (change: Partial<ButtonState>) => void;
  /** The HTTP status to answer instead of working, used up by asking. */
  readonly takeStatus: (kind: 'sql' | 'rest') => NonNullable<ButtonState['status']> | null;
  readonly losesReply: (statement: string) => boolean;
  /** The state of the warehouse as REST shows it. */
  readonly warehouse: () => 'RUNNING' | 'STARTING' | 'STOPPED';
  /** Each is used up by asking. */
  readonly cutsResult: (statement: string) => boolean;
  readonly takeCommit: (statement: string) => CommitFault | null;
  readonly denies: (text: string) => boolean;
  /** Resolves when the warehouse is warm. */
  readonly warm: (after: (ms: number) => Promise<void>) => Promise<void>;
  readonly shape: (
    statement: string,
    columns: readonly EngineColumn[],
    fetch: (maxRows: number) => Promise<EnginePage>,
    after: (ms: number) => Promise<void>,
  ) => { readonly columns: readonly EngineColumn[]; readonly fetch: (maxRows: number) => Promise<EnginePage> };
};

const matches = (pattern: string, statement: string): boolean => new RegExp(pattern, 'is').test(statement);

/** One use less; null when it was the last. */
const used = <T extends { readonly count: number | null }>(fault: T): T | null =>
  fault.count === null ? fault : fault.count > 1 ? { ...fault, count: fault.count - 1 } : null;

const pick = (page: EnginePage, order: readonly number[]): EnginePage => ({
  rows: order.length,
  columns: page.columns.map((values) => order.map((i) => values[i] ?? null)),
});

const disturb = (kind: ResultFault, columns: readonly EngineColumn[], page: EnginePage): EnginePage => {
  const order = Array.from({ length: page.rows }, (_, i) => i);
  switch (kind) {
    case 'truncated':
      return pick(page, order.slice(0, Math.floor(page.rows / 2)));
    case 'duplicated':
      return pick(
        page,
        order.flatMap((i) => [i, i]),
      );
    case 'reordered':
      return pick(page, order.toReversed());
    case 'mistyped':
      return {
        rows: page.rows,
        columns: columns.map((_, i) => (page.columns[i] ?? []).map((v) => (v === null ? null : `?${v}`))),
      };
  }
};

export const createButtons = (clock: Clock): Buttons => {
  let state: ButtonState = released;
  let warmAt: number | null = null;
  /** Does the fault of this name touch the text? Then it is used once. */
  const takes = (name: 'loseReply' | 'cutResult' | 'commit' | 'deny', text: string): boolean => {
    const fault = state[name];
    if (fault === null || !matches(fault.pattern, text)) return false;
    state = { ...state, [name]: used(fault) };
    return true;
  };
  return {
    state: () => state,
    set: (change) => {
      state = { ...state, ...change };
      if (change.coldStartMs !== undefined) warmAt = null;
    },
    takeStatus: (kind) => {
      const fault = state.status;
      if (fault === null || (fault.on !== 'all' && fault.on !== kind)) return null;
      state = { ...state, status: used(fault) };
      return fault;
    },
    losesReply: (statement) => takes('loseReply', statement),
    cutsResult: (statement) => takes('cutResult', statement),
    takeCommit: (statement) => {
      const kind = state.commit?.kind ?? null;
      return takes('commit', statement) ? kind : null;
    },
    warehouse: () => (state.coldStartMs === 0 ? 'RUNNING' : warmAt === null ? 'STOPPED' : 'STARTING'),
    // Names come quoted or not; the pattern is written without.
    denies: (text) => takes('deny', text.replaceAll('`', '')),
    warm: async (after) => {
      if (state.coldStartMs === 0) return;
      warmAt ??= clock.now() + state.coldStartMs;
      const left = warmAt - clock.now();
      if (left > 0) await after(left);
      state = { ...state, coldStartMs: 0 };
    },
    shape: (statement, columns, read, after) => {
      const slow = state.slowRowsMs;
      const fetch = async (maxRows: number): Promise<EnginePage> => {
        const page = await read(maxRows);
        if (slow > 0 && page.rows > 0) await after(slow * Math.ceil(page.rows / 100));
        return page;
      };
      const fault = state.result;
      if (fault === null || !matches(fault.pattern, statement)) return { columns, fetch };
      state = { ...state, result: used(fault) };
      const shown = fault.kind === 'mistyped' ? columns.map((c) => ({ ...c, type: 'STRING' })) : columns;
      return { columns: shown, fetch: async (maxRows) => disturb(fault.kind, columns, await fetch(maxRows)) };
    },
  };
};
