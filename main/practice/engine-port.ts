/**
 * The port between a front end that speaks a protocol and an engine that speaks SQL (spark.md 9). Values leave the engine as
 * SQL type + text or null, so that no engine's number or date class leaks into a protocol, and nothing is rounded on the way.
 */
export type EngineParameter = {
  /** Name without the colon; absent for a positional `?`. */
  readonly name?: string;
  /** SQL type as the client named it, upper case: INTEGER, BIGINT, DOUBLE, BOOLEAN, TIMESTAMP, DATE, DECIMAL(p,s), STRING, VOID. */
  readonly type: string;
  readonly value: string | null;
};

/** `type` is Databricks DDL text in upper case for scalars (`BIGINT`, `DECIMAL(10,2)`), lower case for `struct<…>`, `array<…>`, `map<…>`. */
export type EngineColumn = { readonly name: string; readonly type: string };

/** Column-wise page: `columns[i][row]` is text or null. Complex values are JSON text, BINARY is base64. */
export type EnginePage = { readonly rows: number; readonly columns: readonly (readonly (string | null)[])[] };

export type EngineOperation = {
  /** Resolves when the statement has ended; throws EngineError. */
  readonly wait: () => Promise<void>;
  /** Columns of the result, known after `wait`. May be empty: the front end must cope. */
  readonly columns: () => readonly EngineColumn[];
  /** At most `maxRows` further rows; zero rows = the end. One call at a time. Throws EngineError. */
  readonly fetch: (maxRows: number) => Promise<EnginePage>;
  readonly cancel: () => void;
  readonly close: () => void;
};

export type EngineSession = {
  readonly execute: (sql: string, params: readonly EngineParameter[]) => EngineOperation;
  readonly close: () => void;
};

export type EnginePort = {
  /** Throws EngineError, as where the catalog is not there. */
  readonly open: (request: {
    readonly catalog?: string;
    readonly schema?: string;
    readonly user: string;
    readonly conf: Readonly<Record<string, string>>;
  }) => Promise<EngineSession>;
  readonly close: () => Promise<void>;
};

export type EngineErrorState = 'ERROR' | 'CANCELED' | 'INVALID_HANDLE';

/** A failed statement as Databricks words it: `[CLASS] text SQLSTATE: x`. Thrown inside this room, a status on the wire. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly errorClass: string;
  readonly sqlState: string;
  readonly state: EngineErrorState;

  constructor(errorClass: string, sqlState: string, text: string, state: EngineErrorState = 'ERROR') {
    super(`[${errorClass}] ${text} SQLSTATE: ${sqlState}`);
    this.errorClass = errorClass;
    this.sqlState = sqlState;
    this.state = state;
  }
}
