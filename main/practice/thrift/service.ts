import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock, Scheduler } from '../../../shared/base/time.ts';
import type { Buttons } from '../buttons.ts';
import {
  EngineError,
  type EngineColumn,
  type EngineOperation,
  type EnginePage,
  type EnginePort,
  type EngineSession,
} from '../engine-port.ts';
import { columnDesc, rowSet } from './columns.ts';
import { T } from './generated.ts';
import * as wire from './wire.ts';

type Operation = {
  /** Starts the statement; it runs only once the warehouse is warm. */
  readonly begin: () => EngineOperation;
  engine: EngineOperation | undefined;
  readonly statement: string;
  readonly sessionId: string;
  state: 'pending' | 'running' | 'finished' | 'error' | 'canceled';
  error: EngineError | undefined;
  ended: Promise<void>;
  columns: readonly EngineColumn[];
  pages: ((maxRows: number) => Promise<EnginePage>) | undefined;
  offset: number;
};
type Session = { readonly engine: EngineSession; usedAt: number };

/** What one HTTP request carries beside its Thrift message. */
export type Call = {
  readonly user: string;
  /** Set when the reply is to be lost: the front end then destroys the socket. */ lose: boolean;
  /** Set when only the first half of the reply is to arrive. */ cut?: boolean;
};

export type Service = {
  readonly handler: (call: Call) => wire.Handler;
  readonly expireSessions: () => void;
  readonly openOperations: () => number;
};

/** A session unused for this long is gone, as on a warehouse. */
const sessionIdleMs = 8 * 3_600_000;
/** How long ExecuteStatement waits for the result before the client has to poll. */
const directWaitMs = 250;
const rememberedCancels = 1_000;

const denied = (): EngineError =>
  new EngineError(
    'INSUFFICIENT_PERMISSIONS',
    '42501',
    "Insufficient privileges: User does not have USE SCHEMA on Schema 'system'.",
  );

/** The Databricks dialect of the Thrift service over an engine. One per server; `handler` makes the handler of one request. */
export const createService = (deps: {
  readonly engine: EnginePort;
  readonly buttons: Buttons;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}): Service => {
  const sessions = new Map<string, Session>();
  const operations = new Map<string, Operation>();
  const canceledIds = new Set<string>();
  const after = (ms: number): Promise<void> => new Promise((resolve) => void deps.scheduler.after(ms, resolve));

  const handle = (): InstanceType<typeof T.THandleIdentifier> =>
    new T.THandleIdentifier({ guid: Buffer.from(randomUUID().replaceAll('-', ''), 'hex'), secret: randomBytes(16) });

  const session = (id: string): Session | undefined => {
    const found = sessions.get(id);
    if (found === undefined) return undefined;
    if (deps.clock.now() - found.usedAt > sessionIdleMs) {
      sessions.delete(id);
      return undefined;
    }
    found.usedAt = deps.clock.now();
    return found;
  };

  const free = (id: string): void => {
    operations.get(id)?.engine?.close();
    operations.delete(id);
  };

  /** Take an operation from start to end; never rejects, the outcome is in its state. */
  const follow = async (operation: Operation): Promise<void> => {
    await deps.buttons.warm(after);
    if (operation.state === 'canceled') return;
    operation.state = 'running';
    try {
      if (deps.buttons.denies(operation.statement)) throw denied();
      const fault = deps.buttons.takeCommit(operation.statement);
      if (fault === 'missing') {
        operation.columns = [{ name: 'num_affected_rows', type: 'BIGINT' }];
        let given = false;
        operation.pages = () => {
          const rows = given ? 0 : 1;
          given = true;
          return Promise.resolve({ rows, columns: [rows === 0 ? [] : ['1']] });
        };
        operation.state = 'finished';
        return;
      }
      if (fault === 'duplicated') await operation.begin().wait();
      const running = operation.begin();
      operation.engine = running;
      await running.wait();
      const shaped = deps.buttons.shape(operation.statement, running.columns(), running.fetch, after);
      // A statement without columns makes the driver poll for ever (spark.md 10.2): it always gets one.
      operation.columns = shaped.columns.length === 0 ? [{ name: 'Result', type: 'STRING' }] : shaped.columns;
      operation.pages = shaped.fetch;
      if (!wire.isCanceled(operation)) operation.state = 'finished';
    } catch (thrown) {
      if (wire.isCanceled(operation)) return;
      operation.error =
        thrown instanceof EngineError ? thrown : new EngineError('INTERNAL_ERROR', 'XX000', String(thrown));
      operation.state = 'error';
    }
  };

  const start = (engine: EngineSession, sessionId: string, request: wire.ExecuteStatement): Operation => {
    const operation: Operation = {
      begin: () => engine.execute(request.statement, wire.parameters(request)),
      engine: undefined,
      statement: request.statement,
      sessionId,
      state: 'pending',
      error: undefined,
      columns: [],
      pages: undefined,
      offset: 0,
      ended: Promise.resolve(),
    };
    operation.ended = follow(operation);
    return operation;
  };

  const status = (operation: Operation): InstanceType<typeof T.TGetOperationStatusResp> => {
    const state = T.TOperationState;
    switch (operation.state) {
      case 'pending':
        return new T.TGetOperationStatusResp({ status: wire.success(), operationState: state.PENDING_STATE });
      case 'running':
        return new T.TGetOperationStatusResp({ status: wire.success(), operationState: state.RUNNING_STATE });
      case 'finished':
        return new T.TGetOperationStatusResp({
          status: wire.success(),
          operationState: state.FINISHED_STATE,
          hasResultSet: true,
        });
      case 'canceled':
        return new T.TGetOperationStatusResp({ status: wire.success(), operationState: state.CANCELED_STATE });
      case 'error':
        return new T.TGetOperationStatusResp({
          status: wire.success(),
          operationState: state.ERROR_STATE,
          ...wire.errorFields(operation.error),
        });
    }
  };

  const metadata = (operation: Operation): InstanceType<typeof T.TGetResultSetMetadataResp> =>
    new T.TGetResultSetMetadataResp({
      status: wire.success(),
      schema: new T.TTableSchema({ columns: operation.columns.map(columnDesc) }),
      resultFormat: T.TSparkRowSetType.COLUMN_BASED_SET,
      lz4Compressed: false,
    });

  const fetch = async (
    operation: Operation,
    maxRows: number,
  ): Promise<{ readonly rows: number; readonly response: InstanceType<typeof T.TFetchResultsResp> }> => {
    const page = (await operation.pages?.(maxRows)) ?? { rows: 0, columns: [] };
    const results = rowSet(operation.columns, page, operation.offset);
    operation.offset += page.rows;
    return {
      rows: page.rows,
      response: new T.TFetchResultsResp({ status: wire.success(), hasMoreRows: page.rows === maxRows, results }),
    };
  };

  const find = (request: wire.OperationRequest): Operation | undefined =>
    operations.get(wire.guid(request.operationHandle.operationId));

  const execute = async (
    call: Call,
    request: wire.ExecuteStatement,
  ): Promise<InstanceType<typeof T.TExecuteStatementResp>> => {
    const sessionId = wire.guid(request.sessionHandle.sessionId);
    const owner = session(sessionId);
    if (owner === undefined)
      return new T.TExecuteStatementResp({ status: wire.invalidHandle('SessionHandle', sessionId) });
    const operationId = handle();
    const id = wire.guid(operationId);
    const operation = start(owner.engine, sessionId, request);
    operations.set(id, operation);
    const operationHandle = new T.TOperationHandle({
      operationId,
      operationType: T.TOperationType.EXECUTE_STATEMENT,
      hasResultSet: true,
    });
    if (deps.buttons.losesReply(request.statement)) {
      await operation.ended;
      free(id);
      call.lose = true;
    }
    const reply = { status: wire.success(), operationHandle };
    if (request.getDirectResults === undefined || request.getDirectResults === null)
      return new T.TExecuteStatementResp(reply);
    await Promise.race([operation.ended, after(directWaitMs)]);
    if (operation.state === 'error') {
      const directResults = new T.TSparkDirectResults({
        operationStatus: status(operation),
        closeOperation: new T.TCloseOperationResp({ status: wire.success() }),
      });
      free(id);
      return new T.TExecuteStatementResp({ ...reply, directResults });
    }
    if (operation.state !== 'finished') return new T.TExecuteStatementResp(reply);
    const maxRows = Number(request.getDirectResults.maxRows);
    const first = await fetch(operation, maxRows);
    if (first.rows > 0 && deps.buttons.cutsResult(operation.statement)) call.cut = true;
    const complete = first.rows < maxRows;
    const directResults = new T.TSparkDirectResults({
      operationStatus: status(operation),
      resultSetMetadata: metadata(operation),
      resultSet: first.response,
      ...(complete ? { closeOperation: new T.TCloseOperationResp({ status: wire.success() }) } : {}),
    });
    if (complete) free(id);
    return new T.TExecuteStatementResp({ ...reply, directResults });
  };

  const handler = (call: Call): wire.Handler => ({
    OpenSession: async (request) => {
      await deps.buttons.warm(after);
      try {
        const opened = await deps.engine.open({
          ...wire.namespace(request),
          user: call.user,
          conf: request.configuration ?? {},
        });
        const sessionId = handle();
        sessions.set(wire.guid(sessionId), { engine: opened, usedAt: deps.clock.now() });
        return new T.TOpenSessionResp({
          status: wire.success(),
          serverProtocolVersion: T.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8,
          sessionHandle: new T.TSessionHandle({ sessionId }),
          configuration: {},
          canUseMultipleCatalogs: true,
        });
      } catch (thrown) {
        return new T.TOpenSessionResp({
          status: wire.failed(thrown),
          serverProtocolVersion: T.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8,
        });
      }
    },
    CloseSession: (request) => {
      const id = wire.guid(request.sessionHandle.sessionId);
      for (const [operationId, operation] of operations) if (operation.sessionId === id) free(operationId);
      sessions.get(id)?.engine.close();
      return new T.TCloseSessionResp({
        status: sessions.delete(id) ? wire.success() : wire.invalidHandle('SessionHandle', id),
      });
    },
    GetInfo: () =>
      new T.TGetInfoResp({ status: wire.success(), infoValue: new T.TGetInfoValue({ stringValue: 'Spark SQL' }) }),
    ExecuteStatement: (request) => execute(call, request),
    GetOperationStatus: (request) => {
      const id = wire.guid(request.operationHandle.operationId);
      const operation = operations.get(id);
      if (operation !== undefined) return status(operation);
      if (canceledIds.has(id))
        return new T.TGetOperationStatusResp({
          status: wire.success(),
          operationState: T.TOperationState.CANCELED_STATE,
        });
      return new T.TGetOperationStatusResp({ status: wire.invalidHandle('OperationHandle', id) });
    },
    GetResultSetMetadata: (request) => {
      const operation = find(request);
      if (operation !== undefined && operation.state === 'finished') return metadata(operation);
      return new T.TGetResultSetMetadataResp({
        status: wire.invalidHandle('OperationHandle', wire.guid(request.operationHandle.operationId)),
      });
    },
    FetchResults: async (request) => {
      const operation = find(request);
      if (operation === undefined)
        return new T.TFetchResultsResp({
          status: wire.invalidHandle('OperationHandle', wire.guid(request.operationHandle.operationId)),
        });
      if (operation.error !== undefined) return new T.TFetchResultsResp({ status: wire.failed(operation.error) });
      let response;
      try {
        const page = await fetch(operation, Number(request.maxRows));
        response = page.response;
        if (page.rows > 0 && deps.buttons.cutsResult(operation.statement)) call.cut = true;
      } catch (thrown) {
        return new T.TFetchResultsResp({ status: wire.failed(thrown) });
      }
      // The Python connector asks for the columns again with every page.
      if (request.includeResultSetMetadata === true) response.resultSetMetadata = metadata(operation);
      return response;
    },
    CancelOperation: (request) => {
      const id = wire.guid(request.operationHandle.operationId);
      const operation = operations.get(id);
      if (operation !== undefined) {
        operation.state = 'canceled';
        operation.engine?.cancel();
        // The driver sends no CloseOperation after a cancel (spark.md 10.4): only the id is remembered, for its last polls.
        free(id);
        canceledIds.add(id);
        const oldest = canceledIds.values().next().value;
        if (canceledIds.size > rememberedCancels && oldest !== undefined) canceledIds.delete(oldest);
      }
      return new T.TCancelOperationResp({ status: wire.success() });
    },
    CloseOperation: (request) => {
      free(wire.guid(request.operationHandle.operationId));
      return new T.TCloseOperationResp({ status: wire.success() });
    },
  });

  return {
    handler,
    expireSessions: () => {
      for (const id of operations.keys()) free(id);
      sessions.clear();
    },
    openOperations: () => operations.size,
  };
};
