import { ok } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { externalAsset, modelAsset, tableAsset } from '../assets.ts';
import {
  callsOnly,
  type CollectContext,
  type CollectedAsset,
  type CollectedFact,
  type Collector,
} from '../collector.ts';
import type { LakeEdge } from '../port.ts';
import type { JsonObject } from '../../../shared/base/json.ts';
import { getOne, listAll, object, text } from '../rest-read.ts';
import { newRound } from '../round.ts';
import { settingsFact } from '../state-source.ts';
import { lastName, nextTurn, someOf } from '../turns.ts';

const source = 'rest.lineage-tracking.external-lineage';
const base = '/api/2.0/lineage-tracking';
/** Tables asked per pull, in both directions; more of them take turns. */
const maxTables = 30;
/** Each of the systems that they name is asked about: so many of them end a pull early, between two tables. */
const manySystems = 50;

/** The other end of a relationship: something outside, or a table or model of the catalog. A path has no name of its own here. */
const endOf = (one: JsonObject, context: CollectContext): AssetId | null => {
  const outside = text(object(one['external_metadata_info'])['name']);
  if (outside !== null) return externalAsset(`metadata/${outside}`);
  const table = object(one['table_info']);
  const parts = [text(table['catalog_name']), text(table['schema_name']), text(table['name'])];
  if (!parts.includes(null)) return tableAsset(context.metastoreId, parts.join('.'));
  const model = text(object(one['model_info'])['model_name']);
  return model === null || model.split('.').length !== 3 ? null : modelAsset(context.metastoreId, model);
};

/** What is written about a system outside: names and kinds. `properties` can hold anything and is left there. */
const systemFact = (name: string, body: JsonObject, asset: AssetId, context: CollectContext): CollectedFact => {
  const data = {
    what: 'external', system: text(body['system_type']), type: text(body['entity_type']), owner: text(body['owner']),
    description: text(body['description'])?.slice(0, 300) ?? null, url: text(body['url'])?.slice(0, 300) ?? null,
  }; // prettier-ignore
  return settingsFact(
    source,
    asset,
    { native: `external/${name}`, title: `${name}, outside Databricks`, data },
    context,
  );
};

/** Tables that are asked, each in both directions. */
const tablesIn = (context: CollectContext): readonly AssetId[] =>
  context.lane === 'pack' ? [...context.scope.keys()].filter((asset) => assetParts(asset).kind === 'table') : [];

/** Lineage to and from systems outside, as somebody registered it in Unity Catalog (docs.databricks.com …/uc-external-lineage). */
export const externalLineageCollector: Collector = {
  source,
  label: 'External lineage',
  table: null,
  meta: {
    when: 'pack',
    features: ['systems outside Databricks on the lineage map'],
    needs: [{ kind: 'privilege', privilege: 'BROWSE', on: 'the tables in scope' }],
    probe: { method: 'GET', path: '/api/2.0/lineage-tracking/external-metadata', query: { page_size: '1' } },
    preview: 'Public Preview',
    latenessMs: 0,
    retentionDays: null,
  },
  // How many systems there are outside is known only then: one call each comes on top.
  estimate: (context) => Promise.resolve(ok(callsOnly(tablesIn(context).length * 2))),
  collect: async (context) => {
    const turn = nextTurn(context, tablesIn(context), {
      key: (table) => table,
      limit: maxTables,
      plural: 'tables',
    });
    const how = new Map<string, string>();
    const edges: LakeEdge[] = [];
    const outside = new Map<string, AssetId>();
    let failure: DatabricksFailure | undefined;
    for (const table of turn.each) {
      if (outside.size >= manySystems) break;
      how.set(table, 'read');
      for (const direction of ['UPSTREAM', 'DOWNSTREAM'] as const) {
        const found = await listAll(context, `${base}/external-lineage`, 'external_lineage_relationships', {
          'object_info.table.name': assetParts(table).native,
          lineage_direction: direction,
        });
        if (turn.lost(table, found, direction)) break;
        if (!found.ok) {
          how.set(table, `${how.get(table) ?? 'read'} refused`);
          failure = found.error.tag === 'Forbidden' ? found.error : failure;
          continue;
        }
        if (!found.value.whole) how.set(table, `${how.get(table) ?? 'read'} short`);
        for (const one of found.value.all) {
          const other = endOf(one, context);
          if (other === null || other === table) continue;
          const name = text(object(one['external_metadata_info'])['name']);
          if (name !== null) outside.set(name, other);
          const [from, to] = direction === 'UPSTREAM' ? [other, table] : [table, other];
          edges.push({ from, to, source, via: null, firstSeen: context.observedAt, lastSeen: context.observedAt });
        }
      }
    }
    const facts: CollectedFact[] = [];
    const assets: CollectedAsset[] = [];
    const systems = newRound();
    for (const [name, asset] of outside) {
      const found =
        systems.stopped() === null
          ? await getOne(context, `${base}/external-metadata/${encodeURIComponent(name)}`)
          : null;
      if (found === null || systems.judge(found) !== 'answered') {
        // Without an answer it has its name; what was known of it before stays.
        assets.push({ asset, name, detail: 'outside', changedAt: toInstant(0), gone: false });
        continue;
      }
      const body = found.ok ? found.value : {};
      facts.push(systemFact(name, body, asset, context));
      const detail = ['outside', text(body['system_type'])?.toLowerCase()]
        .filter((part) => part !== undefined)
        .join(', ');
      assets.push({ asset, name, detail, changedAt: context.observedAt, gone: false });
    }
    const { went, left, step } = turn.ended(how, {
      cursor: context.cursor,
      failure: failure ?? systems.stopped() ?? systems.unanswered() ?? undefined,
    });
    const [refused, short] = ['refused', 'short'].map((word) =>
      went(word).map((table) => lastName(assetParts(table as AssetId).native)),
    ) as [string[], string[]];
    const notes = [
      ...(refused.length === 0 ? [] : [`Not complete: refused for ${someOf(refused)}.`]),
      ...(short.length === 0 ? [] : [`Not complete: more relationships than one look goes through: ${someOf(short)}.`]),
      ...(left === null ? [] : [left]),
    ];
    return ok({
      facts,
      edges,
      assets,
      ...step,
      completeTo: null,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
      partly: refused.length + short.length > 0,
    });
  },
};
