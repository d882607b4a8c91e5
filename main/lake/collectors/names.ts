import { ok } from '../../../shared/base/result.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import { isLegacyDashboard } from '../assets.ts';
import { assetRow } from '../../store/lake.ts';
import { callsOnly, type CollectContext, type CollectedAsset, type Collector } from '../collector.ts';
import { getOne, text } from '../rest-read.ts';
import { nextTurn } from '../turns.ts';

/** Names asked per pull, nearest first; more of them take turns. */
const maxNames = 60;

/** Where the name of a thing by its id is documented, and the key that holds it. A notebook has no such call (notebook-names.ts). */
const places: Readonly<Record<string, { readonly path: string; readonly key: string }>> = {
  query: { path: '/api/2.0/sql/queries', key: 'display_name' },
  dashboard: { path: '/api/2.0/lakeview/dashboards', key: 'display_name' },
  pipeline: { path: '/api/2.0/pipelines', key: 'name' },
};

const withoutName = (context: CollectContext): readonly AssetId[] =>
  [...context.scope.keys()].filter((asset) => {
    const { kind, scope } = assetParts(asset);
    return places[kind] !== undefined && scope === context.workspaceId && assetRow(context.db, asset) === undefined;
  });

const unnamedIn = (context: CollectContext): readonly AssetId[] =>
  withoutName(context).filter((asset) => !isLegacyDashboard(asset));

/** Names of queries, dashboards and pipelines in scope that are known by their id only. */
export const namesCollector: Collector = {
  source: 'rest.names',
  label: 'Names of queries and dashboards',
  table: null,
  meta: {
    when: 'pack',
    features: ['names of queries and dashboards instead of ids'],
    needs: [{ kind: 'privilege', privilege: 'CAN VIEW', on: 'the queries and dashboards in scope' }],
    probe: { method: 'GET', path: '/api/2.0/lakeview/dashboards', query: { page_size: '1' } },
    preview: null,
    latenessMs: 0,
    retentionDays: null,
  },
  estimate: (context) => Promise.resolve(ok(callsOnly(unnamedIn(context).length))),
  collect: async (context) => {
    const rest = { cursor: context.cursor, completeTo: null, missingColumns: [] } as const;
    if (context.lane !== 'pack') return ok({ ...rest, note: null });
    const unnamed = unnamedIn(context);
    const older = withoutName(context).length - unnamed.length;
    const assets: CollectedAsset[] = [];
    const how = new Map<string, string>();
    const turn = nextTurn(context, unnamed, { key: (asset) => asset, limit: maxNames, plural: 'ids' });
    for (const asset of turn.each) {
      how.set(asset, 'read');
      const { kind, native } = assetParts(asset);
      const place = places[kind];
      if (place === undefined) continue;
      const found = await getOne(context, `${place.path}/${encodeURIComponent(native)}`);
      if (turn.lost(asset, found)) continue;
      const name = found.ok ? text(found.value[place.key]) : null;
      if (name === null) how.set(asset, 'refused');
      else assets.push({ asset, name, detail: `${kind} ${native}`, changedAt: context.observedAt, gone: false });
    }
    const { went, left, step } = turn.ended(how, { cursor: context.cursor });
    const refused = went('refused').length;
    const notes = [
      ...(refused === 0 ? [] : [`${refused} have no name that this user may read; they keep their id.`]),
      ...(older === 0
        ? []
        : [
            `${older} dashboards are of the older kind, whose names no supported API of Databricks tells; they keep their id.`,
          ]),
      ...(left === null ? [] : [left]),
    ];
    return ok({ ...rest, assets, ...step, note: notes.length === 0 ? null : notes.join(' ') });
  },
};
