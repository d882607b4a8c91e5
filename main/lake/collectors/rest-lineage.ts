import type { JsonObject, JsonValue } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import { fromInstant, toInstant, type Instant } from '../../../shared/base/time.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import { sourceRow } from '../../store/lake.ts';
import { jobAsset, tableAsset, workspaceAsset } from '../assets.ts';
import { callsOnly, type CollectContext, type Collector } from '../collector.ts';
import { cursorTexts, isDue, withSeen } from '../cursor.ts';
import { resting } from '../throttle.ts';
import { nextTurn } from '../turns.ts';
import type { LakeEdge } from '../port.ts';
import { getOne, idText, instant, nowhere, object, objects, text } from '../rest-read.ts';

const source = 'rest.lineage-tracking.table-lineage';
const tableSource = 'system.access.table_lineage';
/** Tables asked per pull; more of them take turns: the service takes about ten calls a second (facts 3.7). */
const maxTables = 15;
/** One step of lineage changes slowly: a table is asked again after this. */
const againMs = 30 * 60_000;

/** Around a room's own tables, that is: the table of lineage is late by a while that nobody documents (facts 1.0). */
const nearAgainMs = 5 * 60_000;

/** Whether this stands in for the system table. Else that one is documented, and this endpoint is not (facts 3.7). */
const isInstead = (context: CollectContext): boolean =>
  ['denied', 'missing'].includes(sourceRow(context.db, tableSource, context.workspaceId)?.state ?? '');

/** Tables that are asked now: all in scope where the system table cannot be read, else only those that the room itself names. */
const dueTables = (context: CollectContext): readonly AssetId[] => {
  const [known, now, instead] = [cursorTexts(context.cursor), fromInstant(context.observedAt), isInstead(context)];
  return tablesIn(context, instead).filter((asset) => isDue(known[asset], now, paceOf(context, asset)));
};
const tablesIn = (context: CollectContext, instead: boolean): readonly AssetId[] =>
  [...context.scope].flatMap(([asset, distance]) =>
    ['table', 'view'].includes(assetParts(asset).kind) && (instead || distance === 0) ? [asset] : [],
  );
const paceOf = (context: CollectContext, asset: AssetId): number =>
  context.scope.get(asset) === 0 ? nearAgainMs : againMs;

/** Times have been seen as text and as milliseconds; one that is neither says nothing. */
const seenAt = (info: JsonObject, otherwise: Instant): Instant => {
  const at = info['lineage_timestamp'];
  const parsed = typeof at === 'string' ? Date.parse(at.replace(/\+0000$/, 'Z').replace(' ', 'T')) : Number.NaN;
  return instant(at) ?? (Number.isFinite(parsed) && parsed > 0 ? toInstant(parsed) : otherwise);
};

type Mover = readonly [key: string, id: string, make: (workspace: string, id: string) => AssetId];
const movers: readonly Mover[] = [
  ['jobInfos', 'job_id', jobAsset],
  ['notebookInfos', 'notebook_id', (ws, id) => workspaceAsset('notebook', ws, id)],
  ['pipelineInfos', 'pipeline_id', (ws, id) => workspaceAsset('pipeline', ws, id)],
  ['dashboardInfos', 'dashboard_id', (ws, id) => workspaceAsset('dashboard', ws, id)],
  ['queryInfos', 'query_id', (ws, id) => workspaceAsset('query', ws, id)],
];
const moversOf = (neighbour: JsonObject, context: CollectContext): readonly AssetId[] =>
  movers.flatMap(([key, name, make]) =>
    objects(neighbour[key]).flatMap((one) => {
      const id = idText(one[name]);
      return id === null ? [] : [make(idText(one['workspace_id']) ?? context.workspaceId, id)];
    }),
  );

/** Edges of one answer. All keys are optional; what this user may not see is left out or masked by the service. */
const edgesOf = (body: JsonObject, table: AssetId, context: CollectContext): readonly LakeEdge[] => {
  const edge = (from: AssetId, to: AssetId, via: AssetId | null, at: Instant): readonly LakeEdge[] =>
    from === to ? [] : [{ from, to, source, via, firstSeen: at, lastSeen: at }];
  const side = (list: JsonValue | undefined, up: boolean): readonly LakeEdge[] =>
    objects(list).flatMap((neighbour) => {
      const info = object(neighbour['tableInfo']);
      const parts = [text(info['catalog_name']), text(info['schema_name']), text(info['name'])];
      const at = seenAt(info, context.observedAt);
      const other = parts.includes(null)
        ? null
        : tableAsset(context.metastoreId, parts.join('.'), text(info['table_type']));
      const by = moversOf(neighbour, context);
      const own = by.flatMap((one) => (up ? edge(one, table, null, at) : edge(table, one, null, at)));
      if (other === null) return own;
      const [from, to] = up ? [other, table] : [table, other];
      const joined = by.length === 0 ? edge(from, to, null, at) : by.flatMap((one) => edge(from, to, one, at));
      const theirs = by.flatMap((one) => (up ? edge(other, one, null, at) : edge(one, other, null, at)));
      return [...joined, ...own, ...theirs];
    });
  return [...side(body['upstreams'], true), ...side(body['downstreams'], false)];
};

/**
 * One step of lineage around a room's own tables, before the system table tells it; and around all tables in scope for users who may see
 * tables but not the system tables.
 */
export const restLineageCollector: Collector = {
  source,
  label: 'Lineage by REST',
  table: null,
  meta: {
    when: 'room',
    features: ['lineage of the last hour, one step', 'one step of lineage where the system table cannot be read'],
    needs: [{ kind: 'privilege', privilege: 'SELECT', on: 'the tables in scope' }],
    probe: {
      method: 'GET',
      path: '/api/2.0/lineage-tracking/table-lineage',
      query: { table_name: nowhere },
      ofNothing: true,
    },
    preview: null,
    latenessMs: 0,
    retentionDays: null,
    restsMs: againMs,
  },
  estimate: (context) => Promise.resolve(ok(callsOnly(dueTables(context).length))),
  collect: async (context) => {
    const rest = { cursor: context.cursor, completeTo: null, missingColumns: [] } as const;
    const instead = isInstead(context);
    const [due, known] = [dueTables(context), cursorTexts(context.cursor)];
    const dues = tablesIn(context, instead).flatMap((asset) => {
      const at = known[asset];
      return at === undefined ? [] : [toInstant(fromInstant(at) + paceOf(context, asset))];
    });
    const first = due.length > 0 || context.lane === 'pack' ? undefined : dues.toSorted()[0];
    if (first !== undefined) return ok(resting(context, source, first));
    const edges: LakeEdge[] = [];
    const seen: Record<string, string> = {};
    const how = new Map<string, string>();
    const turn = nextTurn(context, due, { key: (asset) => asset, limit: maxTables, plural: 'tables' });
    for (const asset of turn.each) {
      const query = { table_name: assetParts(asset).native, include_entity_lineage: 'true' };
      const found = await getOne(context, '/api/2.0/lineage-tracking/table-lineage', query);
      if (turn.lost(asset, found)) continue;
      if (found.ok) edges.push(...edgesOf(found.value, asset, context));
      how.set(asset, found.ok ? 'read' : 'refused');
      seen[asset] = context.observedAt;
    }
    const { went, left, step } = turn.ended(how, { cursor: withSeen(context.cursor, seen) });
    const refused = went('refused').length;
    const notes = [
      ...(refused === 0
        ? []
        : [
            `${refused} tables could not be asked; this endpoint is not documented.${instead ? '' : ' The system table tells of them later.'}`,
          ]),
      ...(left === null ? [] : [left]),
    ];
    return ok({
      ...rest,
      edges,
      ...step,
      note: notes.length === 0 ? null : notes.join(' '),
      partly: instead && refused > 0,
    });
  },
};
