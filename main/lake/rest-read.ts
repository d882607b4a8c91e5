import { isJsonObject, type JsonObject } from '../../shared/base/json.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { toInstant, type Instant } from '../../shared/base/time.ts';
import type { DatabricksFailure } from '../databricks/port.ts';
import type { CollectContext } from './collector.ts';

/** Reading JSON that somebody else's server made: nothing is trusted, nothing throws. */

const maxPages = 20;

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
  query: Readonly<Record<string, string>> = {},
): Promise<Result<JsonObject, DatabricksFailure>> => {
  const answer = await context.workspace.rest.call({ method: 'GET', path, query }, context.options);
  return answer.ok ? ok(object(answer.value)) : answer;
};

/** All pages of a list: pages may be empty while another follows, and come in no order (facts 3.3). */
export const listAll = async (
  context: CollectContext,
  path: string,
  key: string,
  asked: Readonly<Record<string, string>>,
): Promise<Result<readonly JsonObject[], DatabricksFailure>> => {
  const found: JsonObject[] = [];
  let token: string | null = null;
  for (let page = 0; page < maxPages; page += 1) {
    const body: Result<JsonObject, DatabricksFailure> = await getOne(context, path, {
      ...asked,
      ...(token === null ? {} : { page_token: token }),
    });
    if (!body.ok) return body;
    found.push(...objects(body.value[key]));
    const next: string | null = text(body.value['next_page_token']);
    if (next === null || next === token) break;
    token = next;
  }
  return ok(found);
};

/** Not there, or not for this user: the service does not always tell the two apart, and says 400 for both (facts 3.0). */
export const isGone = ({ tag }: DatabricksFailure): boolean => tag === 'BadAnswer' || tag === 'NotConfigured';

/** Failures that the next call would only repeat. */
export const endsRound = (failure: DatabricksFailure): boolean =>
  ['Offline', 'Unauthorized', 'Cancelled', 'TimedOut', 'RateLimited', 'Unavailable', 'Starting'].includes(failure.tag);
