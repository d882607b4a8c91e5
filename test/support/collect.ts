import { staticToken } from '../../main/databricks/token-source.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type {
  DatabricksFailure,
  RestRequest,
  RowPage,
  Statement,
  TextRow,
  Workspace,
} from '../../main/databricks/port.ts';
import type { CollectContext } from '../../main/lake/collector.ts';
import type { ReadableDb } from '../../main/store/port.ts';

/** Noon of the day on which the collectors' tests play. */
export const collectNow = Date.UTC(2026, 10, 24, 12);
export const micros = (ms: number): string => `${ms}000`;
export const instantAt = (ms: number): string => new Date(ms).toISOString();

export const rowPage = (rows: readonly TextRow[], columns?: readonly string[]): Result<RowPage, DatabricksFailure> =>
  ok({
    columns: columns ?? Object.keys(rows[0] ?? {}),
    rows: rows.map((row) => ({ bw_total: String(rows.length), ...row })),
  });

export type FakeAnswers = {
  /** Columns that every table shows; asked for before it is read. */
  readonly columns?: readonly string[];
  /** Types of some of them; of the others nothing is said. */
  readonly types?: Readonly<Record<string, string>>;
  /** What every table shows of the columns by which its rows are asked for. */
  readonly shown?: readonly TextRow[];
  readonly sql?: (statement: Statement) => Result<RowPage, DatabricksFailure> | undefined;
  readonly rest?: (request: RestRequest) => Result<unknown, DatabricksFailure>;
};

/** A workspace whose answers a test writes; what it was asked is kept. */
export const fakeWorkspace = (
  answers: FakeAnswers,
): { readonly workspace: Workspace; readonly asked: Statement[]; readonly called: RestRequest[] } => {
  const asked: Statement[] = [];
  const called: RestRequest[] = [];
  const query = (statement: Statement): Promise<Result<RowPage, DatabricksFailure>> => {
    if (statement.name === 'probe.columns')
      return Promise.resolve(
        rowPage(
          (answers.columns ?? []).map((column_name) => {
            const full_data_type = answers.types?.[column_name];
            return full_data_type === undefined ? { column_name } : { column_name, full_data_type };
          }),
        ),
      );
    // Nothing is masked where a test says nothing of it.
    if (statement.name === 'probe.shown') return Promise.resolve(rowPage(answers.shown ?? [], ['x']));
    asked.push(statement);
    return Promise.resolve(answers.sql?.(statement) ?? rowPage([], ['x']));
  };
  return {
    asked,
    called,
    workspace: {
      connection: { kind: 'practice', name: 'fake', host: '127.0.0.1', port: 1, httpPath: '/', auth: staticToken('t') },
      warehouse: {
        query,
        pages: async function* (statement) {
          yield await query(statement);
        },
        close: () => Promise.resolve(),
      },
      rest: {
        call: (request) => {
          called.push(request);
          return Promise.resolve(answers.rest?.(request) ?? ok({}));
        },
      },
      identity: () => Promise.resolve(ok({ workspaceId: '7', metastoreId: 'ms', user: 'u' })),
      close: () => Promise.resolve(),
    },
  };
};

/** A context of lane `pack` around these assets, over two weeks; `more` changes what a test is about. */
export const collectContext = (
  workspace: Workspace,
  db: ReadableDb,
  assets: readonly string[],
  more: Partial<CollectContext> = {},
): CollectContext => ({
  workspace, workspaceId: '7', metastoreId: 'ms', db, clock: { now: () => collectNow }, options: {}, lane: 'pack',
  horizon: instantAt(collectNow - 14 * 86_400_000), until: null, cursor: null, completeTo: null, lookBackMs: 3 * 3_600_000, resumed: false,
  scope: new Map(assets.map((asset, i) => [asset as AssetId, i])), observedAt: instantAt(collectNow), ...more,
}); // prettier-ignore
