import type { JsonObject, JsonValue } from '../../../shared/base/json.ts';
import type { Clock } from '../../../shared/base/time.ts';
import type { Lake } from '../duck/lake.ts';
import { storage } from '../duck/table.ts';
import type { Rights, Securable } from '../rights.ts';
import type { World } from '../world/world.ts';

export type RestDeps = {
  /** The whole of it: what REST answers from is no table that the user needs a right to. */
  readonly lake: Lake;
  readonly rights: Rights | null;
  /** May the user see this one? Lists leave out what not; rest/rights.ts refuses it where it is asked for alone. */
  readonly may: (kind: Securable, id: string) => boolean;
  readonly warehouse: { readonly id: string; readonly state: () => 'RUNNING' | 'STARTING' | 'STOPPED' };
  readonly world: World;
  readonly user: string;
  readonly clock: Clock;
};
export type RestAnswer = { readonly status: number; readonly body: JsonValue };
export type RestCall = {
  readonly method: string;
  /** Decoded path. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
};
/** One API: its answer, or null when the path is none of its. */
export type RestApi = (deps: RestDeps, call: RestCall) => Promise<RestAnswer | null>;

/** The rest of a path below a prefix, cut at slashes, or null when it is not below. */
export const below = (path: string, prefix: string): readonly string[] | null =>
  path === prefix
    ? []
    : path.startsWith(`${prefix}/`)
      ? path
          .slice(prefix.length + 1)
          .split('/')
          .filter((p) => p !== '')
      : null;

/** An id or a name of a document as text. */
export const idOf = (value: JsonValue | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

export const good = (body: JsonValue): RestAnswer => ({ status: 200, body });
export const fault = (status: number, error_code: string, message: string): RestAnswer => ({
  status,
  body: { error_code, message },
});

/** The stored documents of a kind, newest first. `where` is SQL over `bw.documents`. */
export const documents = async (
  lake: Lake,
  kind: string,
  where = 'TRUE',
  values: Record<string, string> = {},
): Promise<JsonObject[]> => {
  const connection = await lake.connect();
  try {
    const found = await connection.runAndReadAll(
      `SELECT body FROM bw.documents WHERE kind = $kind AND ${where} ORDER BY made_at DESC, id`,
      { kind, ...values },
    );
    return found.getRows().map(([body]) => JSON.parse(String(body)) as JsonObject);
  } finally {
    connection.closeSync();
  }
};

/** One page by `limit` (or `max_results`) and `page_token` (an offset). */
export const page = (
  all: readonly JsonObject[],
  query: URLSearchParams,
  standard: number,
  most: number,
): { readonly items: JsonObject[]; readonly next: string | null } => {
  const asked = Number(query.get('limit') ?? query.get('max_results') ?? standard);
  const size = Math.min(Math.max(1, Number.isFinite(asked) ? asked : standard), most);
  const from = Number(query.get('page_token') ?? 0) || 0;
  return { items: all.slice(from, from + size), next: from + size < all.length ? String(from + size) : null };
};

/** The rows of a query as JSON objects; numbers of 64 bits become numbers where they fit, times are epoch ms by the query. */
export const found = async (lake: Lake, sql: string): Promise<readonly JsonObject[]> => {
  const connection = await lake.connect();
  try {
    const read = await connection.runAndReadAll(`SELECT CAST(to_json(q) AS VARCHAR) FROM (${sql}) q`);
    return read.getRows().map(([body]) => JSON.parse(String(body)) as JsonObject);
  } finally {
    connection.closeSync();
  }
};

/** A system table as it is stored: what to select from, and the place of each column (`NULL` where it has none). */
export const stored = (
  lake: Lake,
  schema: string,
  name: string,
): { readonly from: string; readonly col: (name: string) => string } | undefined => {
  const table = lake.find(['system', schema, name]);
  const places = new Map(table?.schemas.at(-1)?.columns.map((c) => [c.name, c.physical]));
  return table && { from: storage(table), col: (c) => places.get(c) ?? 'NULL' };
};

/** A list answer: `{[name]: items, next_page_token?}`. */
export const listed = (
  name: string,
  all: readonly JsonObject[],
  query: URLSearchParams,
  standard = 25,
  most = 100,
): RestAnswer => {
  const { items, next } = page(all, query, standard, most);
  return good({ [name]: items, ...(next === null ? {} : { next_page_token: next }) });
};
