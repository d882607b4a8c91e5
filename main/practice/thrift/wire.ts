import { EngineError, type EngineParameter } from '../engine-port.ts';
import { T, TCLIService } from './generated.ts';

export type ExecuteStatement = InstanceType<typeof T.TExecuteStatementReq>;
export type OperationRequest = { readonly operationHandle: InstanceType<typeof T.TOperationHandle> };
type OpenSession = InstanceType<typeof T.TOpenSessionReq>;

/**
 * Handlers of the calls that official clients make. Each takes EXACTLY one parameter: the generated processor looks at
 * `length` and takes any other count for the callback style, which then never answers.
 */
export type Handler = {
  readonly OpenSession: (request: OpenSession) => Promise<InstanceType<typeof T.TOpenSessionResp>>;
  readonly CloseSession: (request: InstanceType<typeof T.TCloseSessionReq>) => InstanceType<typeof T.TCloseSessionResp>;
  readonly GetInfo: (request: InstanceType<typeof T.TGetInfoReq>) => InstanceType<typeof T.TGetInfoResp>;
  readonly ExecuteStatement: (request: ExecuteStatement) => Promise<InstanceType<typeof T.TExecuteStatementResp>>;
  readonly GetOperationStatus: (request: OperationRequest) => InstanceType<typeof T.TGetOperationStatusResp>;
  readonly GetResultSetMetadata: (request: OperationRequest) => InstanceType<typeof T.TGetResultSetMetadataResp>;
  readonly FetchResults: (
    request: InstanceType<typeof T.TFetchResultsReq>,
  ) => Promise<InstanceType<typeof T.TFetchResultsResp>>;
  readonly CancelOperation: (request: OperationRequest) => InstanceType<typeof T.TCancelOperationResp>;
  readonly CloseOperation: (request: OperationRequest) => InstanceType<typeof T.TCloseOperationResp>;
};

type AnyHandler = Readonly<Record<string, (request: never) => unknown>>;

/** A processor over the handler; a call that it lacks answers with a Thrift exception, not with silence. */
export const processor = (handler: Handler): InstanceType<typeof TCLIService.Processor> => {
  const own: AnyHandler = handler;
  const complete = new Proxy(own, {
    get: (target, name) => {
      const found = typeof name === 'string' ? target[name] : undefined;
      if (found === undefined)
        return (request: unknown): never => {
          throw new Error(`The practice lakehouse has no ${String(name)} (${typeof request}).`);
        };
      // Bound with its one parameter spelled out: `GetInfo: () => …` has length 0.
      return (request: never): unknown => found(request);
    },
  });
  return new TCLIService.Processor(complete);
};

export const guid = (id: InstanceType<typeof T.THandleIdentifier>): string => Buffer.from(id.guid).toString('hex');

export const success = (): InstanceType<typeof T.TStatus> =>
  new T.TStatus({ statusCode: T.TStatusCode.SUCCESS_STATUS });

export const invalidHandle = (kind: 'SessionHandle' | 'OperationHandle', id: string): InstanceType<typeof T.TStatus> =>
  new T.TStatus({
    statusCode: T.TStatusCode.INVALID_HANDLE_STATUS,
    errorMessage: `Invalid ${kind}: ${kind} [${id}]`,
    sqlState: '08003',
  });

export const failed = (thrown: unknown): InstanceType<typeof T.TStatus> => {
  const error = thrown instanceof EngineError ? thrown : new EngineError('INTERNAL_ERROR', 'XX000', String(thrown));
  return new T.TStatus({
    statusCode: T.TStatusCode.ERROR_STATUS,
    errorMessage: error.message,
    sqlState: error.sqlState,
    errorCode: 0,
    infoMessages: [],
  });
};

/** The fields in which an operation reports its error. */
export const errorFields = (
  error: EngineError | undefined,
): { sqlState: string; errorCode: number; errorMessage: string; displayMessage: string; errorDetailsJson: string } => ({
  sqlState: error?.sqlState ?? 'XX000',
  errorCode: 0,
  errorMessage: error?.message ?? 'unknown error',
  displayMessage: error?.message ?? 'unknown error',
  errorDetailsJson: JSON.stringify({ errorClass: error?.errorClass ?? 'INTERNAL_ERROR' }),
});

export const isCanceled = (operation: { readonly state: string }): boolean => operation.state === 'canceled';

export const namespace = (request: OpenSession): { catalog?: string; schema?: string } => {
  const { catalogName, schemaName } = request.initialNamespace ?? {};
  return {
    ...(catalogName === undefined || catalogName === null ? {} : { catalog: catalogName }),
    ...(schemaName === undefined || schemaName === null ? {} : { schema: schemaName }),
  };
};

/** Parameters as the engine takes them: a value without a type is VOID (NULL), a positional one has no name. */
export const parameters = (request: ExecuteStatement): readonly EngineParameter[] =>
  (request.parameters ?? []).map((p) => {
    const value = p.value?.stringValue ?? p.value?.doubleValue ?? p.value?.booleanValue ?? null;
    return {
      ...(p.name === undefined || p.name === null || p.name === '' ? {} : { name: p.name }),
      type: (p.type ?? (value === null ? 'VOID' : 'STRING')).toUpperCase(),
      value: value === null ? null : String(value),
    };
  });
