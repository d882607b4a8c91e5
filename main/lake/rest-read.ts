import { isJsonObject, type JsonObject } from '../../shared/base/json.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { toInstant, type Instant } from '../../shared/base/time.ts';
import { isTooLarge } from '../databricks/failures.ts';
import type { DatabricksFailure, RestRequest } from '../databricks/port.ts';
import type { CollectContext } from './collector.ts';

/** Reading JSON that somebody else's server made: nothing is trusted, nothing throws. */

const maxPages = 20;

type Query = NonNullable<RestRequest['query']>;

/** A table that nobody has: for probes that have to name one. */
export const nowhere = 'system.information_schema.breakwater_probe';

export const object = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
export const objects = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.map(object) : []);
export const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value.toWellFormed() : null;
/** An id or a version: text, or a number that is one. */
export const idText = (value: unknown): string | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : text(value);
/** REST times are epoch milliseconds (facts 3). */
export const instant = (value: unknown): Instant | null =>
  typeof value === 'number' && value > 0 && value < 4_102_444_800_000 ? toInstant(value) : null;

/** GET of one thing. */
export const getOne = async (
  context: CollectContext,
  path: string,
  query: Query = {},
): Promise<Result<JsonObject, DatabricksFailure>> => {
  const answer = await context.workspace.rest.call({ method: 'GET', path, query }, context.options);
  return answer.ok ? ok(object(answer.value)) : answer;
};

type Pages = { readonly all: readonly JsonObject[]; readonly whole: boolean; readonly next: string | null };

/**
 * Pages of a list, at most `most` of them and until `enough` of one says so: pages may be empty while another follows, and come in no
 * order (facts 3.3). `after`: what is asked for with the token of the next page, where that is not the same question once more.
 * `token`: where another reading of the same list stopped. `whole`: nothing was left behind because of `most`; else `next` is where
 * it goes on. In front of an entry that alone is too large (smaller-pages.ts) a list ends: null then, since no token leads past it.
 */
export const listPages = async (
  context: CollectContext,
  path: string,
  key: string,
  asked: {
    readonly query: Query;
    readonly most: number;
    readonly after?: Query;
    readonly enough?: (page: readonly JsonObject[]) => boolean;
    readonly token?: string | undefined;
  },
): Promise<Result<Pages, DatabricksFailure>> => {
  const all: JsonObject[] = [];
  const at = (token: string): Query => ({ ...(asked.after ?? asked.query), page_token: token });
  let last = asked.token ?? null;
  for (let page = 0; page < asked.most; page += 1) {
    const query = last === null ? asked.query : at(last);
    const found = await getOne(context, path, query);
    if (!found.ok) return isTooLarge(found.error) && isPaged(query) ? ok({ all, whole: false, next: null }) : found;
    const items = objects(found.value[key]);
    all.push(...items);
    const token = text(found.value['next_page_token']);
    if (token === null || token === last || asked.enough?.(items) === true) return ok({ all, whole: true, next: null });
    last = token;
  }
  return ok({ all, whole: false, next: last });
};

const isPaged = (query: Query): boolean => query['max_results'] !== undefined || query['page_size'] !== undefined;

/** All pages of a list, up to what one look goes through: whether that was all is told. */
export const listAll = (
  context: CollectContext,
  path: string,
  key: string,
  query: Query,
): Promise<Result<Pages, DatabricksFailure>> => listPages(context, path, key, { query, most: maxPages });

/** Pages of one run at most: a job has 1,000 tasks at most (facts 3.0). */
const runPages = 20;

/** A run with all its tasks and repairs: `jobs/runs/get` gives 100 of each on a page (docs of the call). */
export const wholeRun = async (
  context: CollectContext,
  run: string,
  query: Query = {},
): Promise<Result<JsonObject, DatabricksFailure>> => {
  let token: string | null = null;
  let first: JsonObject | undefined;
  const lists = { tasks: [] as JsonObject[], repair_history: [] as JsonObject[] };
  for (let page = 0; page < runPages; page += 1) {
    const found: Result<JsonObject, DatabricksFailure> = await getOne(context, '/api/2.2/jobs/runs/get', {
      run_id: run,
      ...query,
      ...(token === null ? {} : { page_token: token }),
    });
    if (!found.ok) return found;
    first ??= found.value;
    lists.tasks.push(...objects(found.value['tasks']));
    lists.repair_history.push(...objects(found.value['repair_history']));
    const next = text(found.value['next_page_token']);
    if (next === null || next === token) break;
    token = next;
  }
  return ok({ ...first, ...lists });
};

/** Not there, or not for this user: the service does not always tell the two apart, and says 400 for both (facts 3.0). */
export const isGone = ({ tag }: DatabricksFailure): boolean => tag === 'BadAnswer' || tag === 'NotConfigured';

/** No answer came, neither what was asked for nor a refusal. What that means for what would be asked next: round.ts. */
export const endsRound = ({ tag }: DatabricksFailure): boolean =>
  ['Offline', 'Unauthorized', 'Cancelled', 'TimedOut', 'RateLimited', 'Unavailable', 'Starting', 'BadCertificate', 'ReplyLost'].includes(tag); // prettier-ignore
