import { err, ok, type Result } from '../../shared/base/result.ts';
import { backoff, limitsOf, type DatabricksDeps } from './deps.ts';
import { driverParameters, rowsPerPage, typeName, type Operation, type Session } from './driver.ts';
import { databricksFailure, isInvalidSession } from './failures.ts';
import type { DatabricksFailure, QueryOptions, RowPage, Statement, TextRow, Warehouse } from './port.ts';
import type { Redactor } from './redact.ts';
import { distinctColumns, textRows } from './rows.ts';
import type { Sessions } from './session.ts';
import { failureOf } from './thrown.ts';
import { bounded, pause, type Waited } from './waits.ts';

/** Answers with more rows than this are refused when a caller names no limit: a collector asks in slices. */
const absoluteMaxRows = 1_000_000;
/** Empty pages in a row before an answer counts as endless. */
const emptyPages = 50;

type Context = { readonly deps: DatabricksDeps; readonly sessions: Sessions; readonly redact: Redactor };
type Run = {
  readonly statement: Statement;
  readonly options: QueryOptions;
  readonly deadline: number;
};

/** A failed read that is worth another attempt, on a new session where the old one ended. */
const repeatable = (failure: DatabricksFailure): boolean =>
  isInvalidSession(failure) || failure.tag === 'ReplyLost' || failure.tag === 'RateLimited' || failure.tag === 'Starting' ||
  failure.tag === 'Unavailable' || (failure.tag === 'Offline' && failure.code !== undefined && /RESET|PIPE|ABORT|CLOSE/.test(failure.code)); // prettier-ignore

/** After these nobody knows what state the session is in. */
const spoilsSession = (failure: DatabricksFailure): boolean =>
  isInvalidSession(failure) || ['ReplyLost', 'Offline', 'TimedOut', 'BadAnswer'].includes(failure.tag);

export const makeWarehouse = (context: Context): Warehouse => {
  const { deps, sessions, redact } = context;
  const limits = limitsOf(deps);
  const atMost = (options: QueryOptions): number => options.timeoutMs ?? limits.statementMs;
  /** Never more than at the beginning: a clock that is set back meanwhile makes nothing wait for days. */
  const left = (run: Run): number => Math.min(atMost(run.options), run.deadline - deps.clock.now());
  const wait = <T>(run: Run, work: Promise<T>, late?: (value: T) => void): Promise<Waited<T>> =>
    bounded(work, { ms: left(run), scheduler: deps.scheduler, signal: run.options.signal }, late);

  /** Cancel and close without waiting: the driver sends no CloseOperation after a cancel, the server frees it (spark.md 10.4). */
  const abandon = (operation: Operation): void => {
    void bounded(
      operation.cancel().catch(() => undefined),
      { ms: limits.closeMs, scheduler: deps.scheduler },
    );
  };
  const finish = (operation: Operation): Promise<unknown> =>
    bounded(
      operation.close().catch(() => undefined),
      { ms: limits.closeMs, scheduler: deps.scheduler },
    );

  const failed = async (run: Run, waited: Waited<unknown>, accepted: boolean): Promise<DatabricksFailure> => {
    const { effect, name } = run.statement;
    if ('stopped' in waited) {
      // A write that was sent may be done although nobody waited for it.
      if (effect === 'write') return databricksFailure('ReplyLost', { effect, code: waited.stopped });
      return databricksFailure(waited.stopped === 'cancelled' ? 'Cancelled' : 'TimedOut', { effect });
    }
    const thrown = 'thrown' in waited ? waited.thrown : undefined;
    return failureOf(thrown, { statement: name, effect, redact, now: deps.clock.now(), accepted });
  };

  async function* fetchPages(
    run: Run,
    session: Session,
  ): AsyncGenerator<Result<RowPage, DatabricksFailure>, void, void> {
    const { statement, options } = run;
    const maxRows = options.maxRows ?? absoluteMaxRows;
    deps.onStatement?.(statement.name);
    const executed = await wait(
      run,
      session.executeStatement(statement.text, driverParameters(statement.parameters)),
      abandon,
    );
    if (!('value' in executed)) return yield err(await failed(run, executed, false));
    const operation = executed.value;
    let done = false;
    try {
      const schema = await wait(run, operation.getSchema());
      if (!('value' in schema)) return yield err(await failed(run, schema, true));
      const described = (schema.value?.columns ?? []).toSorted((a, b) => a.position - b.position);
      const columns = distinctColumns(described.map((one) => one.columnName));
      if (!columns.ok) return yield columns;
      const types = described.map((one) => typeName(one.typeDesc.types[0]?.primitiveEntry?.type));
      if (columns.value.length === 0) {
        // No columns: fetching would never end (spark.md 10.2), but the statement must have finished.
        const finished = await wait(run, operation.finished());
        if (!('value' in finished)) return yield err(await failed(run, finished, true));
        done = true;
        deps.onAnswered?.(statement.name);
        return yield ok({ columns: [], rows: [] });
      }
      let seen = 0;
      let empty = 0;
      for (;;) {
        const chunk = await wait(
          run,
          operation.fetchChunk({ maxRows: Math.min(rowsPerPage, maxRows - seen), disableBuffering: true }),
        );
        if (!('value' in chunk)) return yield err(await failed(run, chunk, true));
        const rows = textRows(chunk.value, columns.value);
        if (!rows.ok) return yield rows;
        empty = rows.value.length === 0 ? empty + 1 : 0;
        seen += rows.value.length;
        const more = await wait(run, operation.hasMoreRows());
        if (!('value' in more)) return yield err(await failed(run, more, true));
        if (seen > maxRows && options.maxRows === undefined)
          return yield err(databricksFailure('BadAnswer', { detail: `More than ${absoluteMaxRows} rows came.` }));
        if (rows.value.length > 0 || !more.value) {
          const kept = seen > maxRows ? rows.value.slice(0, rows.value.length - (seen - maxRows)) : rows.value;
          yield ok({ columns: columns.value, types, rows: kept });
        }
        if (!more.value || seen >= maxRows) break;
        if (empty >= emptyPages)
          return yield err(databricksFailure('BadAnswer', { detail: 'The answer does not end.' }));
      }
      done = true;
      deps.onAnswered?.(statement.name);
    } finally {
      if (done) await finish(operation);
      else abandon(operation);
    }
  }

  /** Pages of one statement; a read whose first page has not been handed out yet is repeated where that can help. */
  async function* pages(
    statement: Statement,
    options: QueryOptions = {},
  ): AsyncGenerator<Result<RowPage, DatabricksFailure>, void, void> {
    const run: Run = { statement, options, deadline: deps.clock.now() + atMost(options) };
    let renewed = false;
    for (let attempt = 0; ; attempt += 1) {
      const session = await sessions.get(run.deadline, options);
      if (!session.ok) return yield session;
      let handedOut = false;
      let failure: DatabricksFailure | undefined;
      for await (const page of fetchPages(run, session.value)) {
        if (page.ok) {
          handedOut = true;
          yield page;
        } else failure = page.error;
      }
      if (failure === undefined) return;
      if (spoilsSession(failure)) sessions.drop(session.value);
      // A write is told as it failed: it was not done, and whoever sent it decides; the next one goes with another token.
      if (
        failure.tag === 'Unauthorized' &&
        sessions.refused() &&
        statement.effect === 'read' &&
        !handedOut &&
        !renewed
      ) {
        renewed = true;
        continue;
      }
      const again = statement.effect === 'read' && !handedOut && attempt < limits.readRepeats && repeatable(failure);
      const delay = Math.max(
        failure.retryAfterMs ?? 0,
        isInvalidSession(failure) ? 0 : backoff(limits, attempt, deps.random),
      );
      if (!again || left(run) <= delay) return yield err(failure);
      deps.log?.('info', `${statement.name}: ${failure.tag}, reading again in ${delay} ms`);
      if (!(await pause(delay, deps.scheduler, options.signal))) return yield err(databricksFailure('Cancelled'));
    }
  }

  const query: Warehouse['query'] = async (statement, options = {}) => {
    let columns: readonly string[] = [];
    let types: readonly string[] | undefined;
    const rows: TextRow[] = [];
    // `pages` repeats only before its first page; a whole answer can be thrown away and read again.
    for (let attempt = 0; ; attempt += 1) {
      let failure: DatabricksFailure | undefined;
      let began = false;
      for await (const page of pages(statement, options)) {
        if (!page.ok) {
          failure = page.error;
          break;
        }
        began = true;
        columns = page.value.columns;
        types = page.value.types;
        for (const row of page.value.rows) rows.push(row);
      }
      if (failure === undefined) return ok({ columns, rows, ...(types === undefined ? {} : { types }) });
      if (!began || statement.effect === 'write' || attempt >= limits.readRepeats || !repeatable(failure))
        return err(failure);
      rows.length = 0;
    }
  };

  return { query, pages, carriesTag: () => sessions.tagged(), close: () => sessions.close() };
};
