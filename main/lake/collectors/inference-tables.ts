import type { JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { callsOnly, type Collector } from '../collector.ts';
import { cursorTexts, ownOf } from '../cursor.ts';
import { inferenceEdge, inferenceTableOf, inferenceTableSource } from '../inference-table.ts';
import type { LakeEdge } from '../port.ts';
import { getOne, idText, instant, listAll, text } from '../rest-read.ts';
import { nextTurn, someOf } from '../turns.ts';

const base = '/api/2.0/serving-endpoints';
/** Why a packing asks nothing. */
export const readForAll = 'Read in the background for the whole workspace, not for one room.';
/** Endpoints looked at closely per refresh; more of them take turns. */
const maxEndpoints = 60;

type Listed = { readonly name: string; readonly changed: string | null; readonly body: JsonObject };
/** What is remembered of an endpoint: when it was changed last, and its table as it was then. */
const remembered = (changed: string, table: string | null): string => `${changed} ${table ?? ''}`;

/**
 * Which table keeps what each endpoint answered: read in the background, because a walk from that table, or from what is made of
 * it, finds the endpoint and the model behind it by this edge only. The list shows part of an endpoint; one that it shows no
 * table of is looked at closely once, and again after it was changed.
 */
export const inferenceTablesCollector: Collector = {
  source: inferenceTableSource,
  label: 'Inference tables of endpoints',
  table: null,
  meta: {
    when: 'watch',
    features: ['which endpoint and model the rows of an inference table come from'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the serving endpoints' }],
    probe: { method: 'GET', path: base },
    preview: null,
    latenessMs: 0,
    retentionDays: null,
  },
  // Around a room the endpoints themselves are read (serving.ts), and tell the same.
  estimate: () => Promise.resolve(ok(callsOnly(0))),
  collect: async (context) => {
    const rest = { completeTo: null, missingColumns: [] } as const;
    if (context.lane === 'pack') return ok({ ...rest, cursor: context.cursor, note: readForAll });
    const found = await listAll(context, base, 'endpoints', {});
    if (!found.ok) return found;
    const listed = found.value.all.flatMap((body): Listed[] => {
      const name = text(body['name']);
      return name === null ? [] : [{ name, changed: idText(body['last_updated_timestamp']), body }];
    });
    const before = cursorTexts(context.cursor);
    const known: Record<string, string> = {};
    const edges: LakeEdge[] = [];
    const keep = (one: Listed, table: string | null): void => {
      if (one.changed !== null) known[one.name] = remembered(one.changed, table);
      const since = instant(one.body['creation_timestamp']) ?? context.observedAt;
      if (table !== null) edges.push(inferenceEdge(one.name, table, since, context));
    };
    const unknown: Listed[] = [];
    for (const one of listed) {
      const table = inferenceTableOf(one.body);
      const [changed, last = ''] = ownOf(before, one.name)?.split(' ') ?? [];
      if (table !== null) keep(one, table);
      else if (one.changed !== null && changed === one.changed) keep(one, last === '' ? null : last);
      else unknown.push(one);
    }
    const how = new Map<string, string>();
    const turn = nextTurn(context, unknown, { key: ({ name }) => name, limit: maxEndpoints, plural: 'endpoints' });
    let failure: DatabricksFailure | undefined;
    for (const one of turn.each) {
      const detail = await getOne(context, `${base}/${encodeURIComponent(one.name)}`);
      if (turn.lost(one, detail)) continue;
      how.set(one.name, detail.ok ? 'read' : 'refused');
      if (detail.ok) keep(one, inferenceTableOf(detail.value));
      else failure = detail.error;
    }
    const { went, left, step } = turn.ended(how, { cursor: JSON.stringify(known), failure });
    const refused = went('refused');
    const notes = [
      ...(found.value.whole ? [] : ['Not complete: there are more endpoints than one look goes through.']),
      ...(refused.length === 0 ? [] : [`Not readable: ${someOf(refused)}.`]),
      ...(left === null ? [] : [left]),
    ];
    return ok({ ...rest, edges, ...step, note: notes.length === 0 ? null : notes.join(' ') });
  },
};
