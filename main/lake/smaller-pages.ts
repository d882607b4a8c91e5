import { isJsonObject } from '../../shared/base/json.ts';
import { ok } from '../../shared/base/result.ts';
import { isTooLarge } from '../databricks/failures.ts';
import type { Rest, RestRequest, Workspace } from '../databricks/port.ts';
import type { CollectContext, CollectResult, Collector } from './collector.ts';
import { idText, object, objects } from './rest-read.ts';
import { said } from './values.ts';

/** How lists of the REST API name the size of a page (facts 3: jobs, pipelines and Unity Catalog, clusters and data quality). */
const sizeKeys = ['limit', 'max_results', 'page_size'] as const;
type SizeKey = (typeof sizeKeys)[number];
type Sized = { readonly key: SizeKey; readonly size: number };

const sizedIn = (fields: unknown): Sized | null => {
  if (!isJsonObject(fields)) return null;
  const key = sizeKeys.find((one) => fields[one] !== undefined);
  const size = key === undefined ? 0 : Number(fields[key]);
  return key !== undefined && Number.isSafeInteger(size) && size > 0 ? { key, size } : null;
};
/** The size of the page that a call asks for; null where it asks for no page. */
const sizedOf = ({ query, body }: RestRequest): Sized | null => sizedIn(query) ?? sizedIn(body);

const resized = (request: RestRequest, { key }: Sized, size: number): RestRequest =>
  request.query?.[key] !== undefined
    ? { ...request, query: { ...request.query, [key]: String(size) } }
    : { ...request, body: isJsonObject(request.body) ? { ...request.body, [key]: size } : request.body };

/** What was left out because it is too large, in words for people, each once. */
type Left = Set<string>;
const named = ({ path, query }: RestRequest): string =>
  query?.['run_id'] === undefined ? path : `${path} of run ${said(query['run_id'])}`;

const runsIn = (page: unknown): string => {
  const runs = objects(object(page)['runs']).flatMap(({ run_id: run }) => idText(run) ?? []);
  return runs.length === 0 ? 'a run' : `run ${runs.join(', ')}`;
};

/**
 * The same workspace, in which a page of a list that is too large (transport.ts) is asked for again in smaller ones, down to a
 * single entry, and sizes grow again behind it. A run that alone is too large comes without its tasks. What then is left is said.
 */
const inSmallerPages = (workspace: Workspace, left: Left): Workspace => {
  const sizes = new Map<string, number>();
  const call: Rest['call'] = async (request, options) => {
    const sized = sizedOf(request);
    let size = sized === null ? 1 : Math.min(sized.size, sizes.get(request.path) ?? sized.size);
    for (;;) {
      const answer = await workspace.rest.call(sized === null ? request : resized(request, sized, size), options);
      if (answer.ok || !isTooLarge(answer.error)) {
        sizes.set(request.path, size * 2);
        return answer;
      }
      sizes.set(request.path, 1);
      if (size > 1) {
        size = Math.max(1, Math.floor(size / 4));
        continue;
      }
      if (sized !== null && request.query?.['expand_tasks'] === 'true') {
        const bare = { ...request, query: { ...request.query, expand_tasks: 'false' } };
        const alone = await workspace.rest.call(resized(bare, sized, 1), options);
        if (alone.ok) {
          left.add(`the tasks of ${runsIn(alone.value)}`);
          return alone;
        }
      }
      left.add(sized === null ? named(request) : `an entry of ${request.path} with what follows it there`);
      return answer;
    }
  };
  return { ...workspace, rest: { ...workspace.rest, call } };
};

const told = (found: CollectResult, left: Left): CollectResult => {
  if (!found.ok || left.size === 0) return found;
  const words = `Left out, since REST answers with more than 16 MiB: ${[...left].join('; ')}.`;
  const { note } = found.value;
  return ok({ ...found.value, note: note === null ? words : `${note} ${words}`, partly: true });
};

/** A collector that reads lists in smaller pages where a page is too large, and says what even so was left out: it is then not complete. */
export const withSmallerPages = (collector: Collector): Collector => {
  const { stream } = collector;
  const inside = (context: CollectContext, left: Left): CollectContext => ({
    ...context,
    workspace: inSmallerPages(context.workspace, left),
  });
  return {
    ...collector,
    collect: async (context) => {
      const left: Left = new Set();
      return told(await collector.collect(inside(context, left)), left);
    },
    ...(stream === undefined
      ? {}
      : {
          stream: async function* (context: CollectContext): AsyncGenerator<CollectResult, void, void> {
            const left: Left = new Set();
            for await (const found of stream(inside(context, left))) yield told(found, left);
          },
        }),
  };
};
