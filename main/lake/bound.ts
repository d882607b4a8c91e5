import { createHash } from 'node:crypto';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import { ok } from '../../shared/base/result.ts';
import type { CollectContext, CollectResult, Collector } from './collector.ts';

const markOf = (id: string): string => createHash('sha256').update(id, 'utf8').digest('hex').slice(0, 12);

const readBound = (cursor: string | null): { readonly at: string | null; readonly marks: ReadonlySet<string> } => {
  const parsed = cursor === null ? null : parseJson(cursor);
  if (parsed === null || !parsed.ok || !isJsonObject(parsed.value)) return { at: null, marks: new Set() };
  const { at, ids } = parsed.value;
  return {
    at: typeof at === 'string' ? at : null,
    marks: new Set(Array.isArray(ids) ? ids.filter((one): one is string => typeof one === 'string') : []),
  };
};

/**
 * A collector that asks about certain ids only. Its cursor is kept together with marks of these ids: as soon as one is asked
 * for that was not, the cursor says nothing of it, and the source is read again from the horizon (facts come out the same).
 * `idsOf`: null = not bounded here (the background), empty = nothing to ask.
 */
export const boundTo = (
  collector: Collector,
  idsOf: (context: CollectContext) => readonly string[] | null,
): Collector => {
  const inner = (context: CollectContext, marks: readonly string[]): CollectContext => {
    const known = readBound(context.cursor);
    const covered = marks.every((mark) => known.marks.has(mark));
    return { ...context, cursor: covered ? known.at : null, completeTo: covered ? context.completeTo : null };
  };
  const { estimate, stream } = collector;
  const nothing = ({ cursor, completeTo }: CollectContext): CollectResult =>
    ok({ cursor, completeTo, missingColumns: [], note: null });
  const marked = (found: CollectResult, marks: readonly string[]): CollectResult =>
    found.ok ? ok({ ...found.value, cursor: JSON.stringify({ at: found.value.cursor, ids: marks }) }) : found;
  return {
    ...collector,
    collect: async (context) => {
      const ids = idsOf(context);
      if (ids?.length === 0) return nothing(context);
      const marks = (ids ?? ['*']).map(markOf).sort();
      return marked(await collector.collect(inner(context, marks)), marks);
    },
    ...(stream === undefined
      ? {}
      : {
          stream: async function* (context: CollectContext): AsyncGenerator<CollectResult, void, void> {
            const ids = idsOf(context);
            if (ids?.length === 0) return yield nothing(context);
            const marks = (ids ?? ['*']).map(markOf).sort();
            for await (const found of stream(inner(context, marks))) yield marked(found, marks);
          },
        }),
    ...(estimate === undefined
      ? {}
      : {
          estimate: async (context: CollectContext) => {
            const ids = idsOf(context);
            return ids?.length === 0
              ? ok({ rows: 0, statements: 0, counted: true })
              : estimate(inner(context, (ids ?? ['*']).map(markOf)));
          },
        }),
  };
};
