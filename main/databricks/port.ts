import type { Failure } from '../../shared/base/failure.ts';
import type { Result } from '../../shared/base/result.ts';

/** A statement as data: text with `:name` markers; identifiers were put in by the one printer (identifiers.ts). */
export type Statement = {
  /** Stable name for logs, the registry of statements and error messages, e.g. `lake.table-lineage`. */
  readonly name: string;
  readonly text: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** A read can be repeated after a lost reply; a write never is. */
  readonly effect: 'read' | 'write';
};
export type Parameter =
  | string
  | null
  | { readonly type: 'STRING' | 'BIGINT' | 'INT' | 'DOUBLE' | 'BOOLEAN' | 'TIMESTAMP'; readonly value: string | null };

/** Rows as text: numbers, decimals, times and nested values arrive as the server printed them; null stays null. */
export type TextRow = Readonly<Record<string, string | null>>;
/**
 * `types` are Thrift's names in lower case (`int`, `string`, `struct`), beside `columns`; absent where a fake does not care. `rows`
 * belong to the reader alone, who may take out those that it is done with: a large page is then not held to its end.
 */
export type RowPage = {
  readonly columns: readonly string[];
  readonly types?: readonly string[];
  readonly rows: TextRow[];
};

export type DatabricksTag =
  | 'Offline' | 'Unauthorized' | 'Forbidden' | 'RateLimited' | 'Unavailable' | 'Starting' | 'StatementFailed' | 'Cancelled' | 'TimedOut' | 'ReplyLost' | 'BadCertificate' | 'BadAnswer' | 'NotConfigured'; // prettier-ignore
export type DatabricksFailure = Failure<DatabricksTag> & {
  readonly sqlState?: string;
  readonly errorClass?: string;
  readonly retryAfterMs?: number;
};

export type QueryOptions = {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly maxRows?: number;
  /** Rooms that this is for: whoever counts, counts it for them. Nothing of it is sent. */
  readonly rooms?: readonly string[];
  /** Nobody asked for this: whoever keeps a limit may answer instead of sending it. */
  readonly byItself?: boolean;
};

/** A SQL warehouse: the unmodified driver behind a bounded, cancellable, text-only face. */
export type Warehouse = {
  readonly query: (statement: Statement, options?: QueryOptions) => Promise<Result<RowPage, DatabricksFailure>>;
  /** Pages as they arrive, for bulk pulls; stops with an Err as last item. */
  readonly pages: (statement: Statement, options?: QueryOptions) => AsyncIterable<Result<RowPage, DatabricksFailure>>;
  /** Whether what is asked here carries our tag in query history, as far as this workspace knows tags; absent = it does. */
  readonly carriesTag?: () => boolean;
  readonly close: () => Promise<void>;
};

export type RestRequest = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** A list is told as the same name once for each of its texts (`filter_by.statuses`, facts 3.5). */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  /** A POST that only asks, as lists with a body are: it can be repeated like a GET. */
  readonly asks?: true;
};
export type Rest = {
  readonly call: (request: RestRequest, options?: QueryOptions) => Promise<Result<unknown, DatabricksFailure>>;
};

/** How a connection proves who it is (facts 4). */
export const authKinds = ['pat', 'oauth-u2m', 'oauth-m2m', 'databricks-cli', 'azure'] as const;
export type AuthKind = (typeof authKinds)[number];

/**
 * Where the bearer token of a connection comes from: one for the driver and REST alike, so that both renew together. Failures
 * of `get` are those of signing in: Offline, Unauthorized (somebody has to sign in again), NotConfigured.
 */
export type TokenSource = {
  readonly kind: AuthKind;
  /** A token that is good now as far as anybody here knows; asked before every request, cheap while it lasts. */
  readonly get: () => Promise<Result<string, DatabricksFailure>>;
  /** The workspace refused this token (HTTP 401). True when another one may come: then a read is worth one more try. */
  readonly invalidate: (token: string) => boolean;
  /** Headers that go beside the token, where a way of signing in needs them (Azure service principals). */
  readonly headers?: () => Promise<Result<Readonly<Record<string, string>>, DatabricksFailure>>;
  /** Everything secret that it holds or has held, for the redactor. */
  readonly secrets: () => readonly string[];
};

/** An HTTP proxy that tunnels by CONNECT. `url` carries no credentials and may be shown. */
export type Proxy = { readonly url: string; readonly username?: string; readonly password?: string };
export type Network = {
  /** Trust the certificates of the operating system too: for companies that inspect TLS. */
  readonly systemCa?: boolean;
  readonly proxy?: Proxy;
};

/** Where a workspace is and how to get in. `kind` practice is never asked for consent. It carries no token, only its source. */
export type Connection = {
  readonly kind: 'practice' | 'workspace';
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly httpPath: string;
  readonly auth: TokenSource;
  readonly caFile?: string;
  readonly network?: Network;
};

export type Workspace = {
  readonly connection: Connection;
  readonly warehouse: Warehouse;
  readonly rest: Rest;
  /** Ids that scope asset ids; asked once, then cached by the caller. What has to be asked by SQL goes through `by`, else its own warehouse. */
  readonly identity: (
    options?: QueryOptions,
    by?: Warehouse,
  ) => Promise<
    Result<
      {
        readonly workspaceId: string;
        readonly metastoreId: string;
        readonly user: string;
        /** `<cloud>:<region>` of the metastore, lower case, e.g. `azure:westeurope`; null or absent = it does not say. */
        readonly region?: string | null;
      },
      DatabricksFailure
    >
  >;
  readonly close: () => Promise<void>;
};

/**
 * One step of the connection check. `failed`: it does not work, for a reason that no grant mends. `missing-grant`, `not-here`
 * (not in this workspace) and `preview-off` (not switched on) cost the features that they name, and nothing else.
 */
export type ConnectionStep = {
  readonly step: string;
  readonly state: 'works' | 'missing-grant' | 'not-here' | 'preview-off' | 'failed' | 'skipped';
  readonly detail: string;
  /** `source`: one source of facts; absent = a step of the way there. */
  readonly group?: 'source';
  readonly failure?: DatabricksFailure;
  /** SQL for whoever administers the workspace, word for word; and lines of the Databricks CLI where SQL cannot. */
  readonly grants?: readonly string[];
  readonly commands?: readonly string[];
  /** A permission that is given outside of SQL, in words. */
  readonly ask?: string;
  /** What a person loses without it, and what still works. */
  readonly features?: readonly string[];
  readonly otherwise?: string;
  /** Of a source: how late it tells and how long the workspace keeps it, in words. */
  readonly pace?: string;
  /** It was left out because it would do this: go on only when a person agrees. */
  readonly asks?: 'start-warehouse';
};
