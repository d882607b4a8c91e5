import type { TextRow } from '../../databricks/port.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { modelAsset, workspaceAsset } from '../assets.ts';
import type { CollectContext, Collector } from '../collector.ts';
import type { LakeEdge, LakeFact } from '../port.ts';
import { instantOf, numberOf, textOf, timestampParameter } from '../rows.ts';
import { eitherOf, scoped } from '../scope-filter.ts';
import { asMicros, asText, before, fieldText } from '../select.ts';
import { tableCollector, type Lacks } from '../table-source.ts';
import { startOf } from '../window.ts';
import { servedId, servedTitle } from './serving.ts';

const kind = statementKind('lake.served-entities', 'read', 'which versions of models endpoints came to serve');
const countKind = statementKind('lake.served-entities.count', 'read', 'how many changes of served versions there are');
const source = 'system.serving.served_entities';
const table = { catalog: 'system', schema: 'serving', table: 'served_entities' };
/** How many requests at once an endpoint is kept ready for, and how many it grows to: what it costs while nobody asks. */
const concurrency = [
  fieldText('custom_model_config', 'min_concurrency', { as: 'least' }),
  fieldText('custom_model_config', 'max_concurrency', { as: 'most' }),
];
const keys = ['workspace_id', 'endpoint_name', 'served_entity_name'];
const wants = [
  asText('workspace_id', { as: 'ws', required: true }),
  asText('endpoint_name', { as: 'endpoint', required: true }),
  asText('served_entity_name', { as: 'served' }),
  asText('entity_type', { as: 'entity_kind' }),
  asText('entity_name', { as: 'entity' }),
  asText('entity_version', { as: 'version' }),
  asText('endpoint_config_version', { as: 'config' }),
  asText('created_by', { as: 'who' }),
  asMicros('change_time', { as: 'changed', required: true }),
  asMicros('endpoint_delete_time', { as: 'deleted' }),
  ...concurrency,
  ...concurrency.map((one) => before(one, keys, 'change_time')),
];

type Range = { readonly least: number; readonly most: number };
const rangeOf = (row: TextRow, prefix = ''): Range | null => {
  const [least, most] = [numberOf(row, `${prefix}least`), numberOf(row, `${prefix}most`)];
  return least === null || most === null ? null : { least, most };
};
const rangeWords = ({ least, most }: Range): string => `${least} to ${most}`;
/** What changed for an entity that was served before under the same name; the first time it is served says nothing of it. */
const resized = (now: Range | null, then: Range | null): string =>
  now === null || then === null || rangeWords(now) === rangeWords(then)
    ? ''
    : `, at a concurrency of ${rangeWords(now)} instead of ${rangeWords(then)}`;

type Read = { readonly fact: LakeFact; readonly edges: readonly LakeEdge[] };

/** One row: a version that came to be served, or an endpoint that was deleted. */
const readRow = (row: TextRow, context: CollectContext, lacks: Lacks): Read | null => {
  const [ws, endpoint, entity, changed] = [
    textOf(row, 'ws'), textOf(row, 'endpoint'), textOf(row, 'entity'), instantOf(row, 'changed'),
  ]; // prettier-ignore
  const served = textOf(row, 'served');
  const isNameless = served !== null && lacks('entity_name');
  if (ws === null || endpoint === null || changed === null || (entity === null && !isNameless)) return null;
  const [version, config] = [textOf(row, 'version'), textOf(row, 'config') ?? ''];
  const deleted = instantOf(row, 'deleted');
  const asset = workspaceAsset('endpoint', ws, endpoint);
  const isModel = version !== null && entity?.split('.').length === 3;
  const model = isModel ? modelAsset(context.metastoreId, entity) : null;
  const name = served ?? `${entity ?? ''}-${version ?? ''}`;
  const id = servedId(ws, endpoint, config, deleted === null ? name : `${name}/deleted`);
  const [now, then] = [rangeOf(row), rangeOf(row, 'before_')];
  const fact: LakeFact = {
    id,
    kind: 'served-version',
    source,
    workspace: ws,
    happenedAt: deleted ?? changed,
    observedAt: context.observedAt,
    completeTo: null,
    assets: [asset, ...(model === null ? [] : [model])],
    title:
      deleted === null
        ? `${servedTitle(endpoint, entity ?? name, version)}${resized(now, then)}`
        : `Endpoint ${endpoint} was deleted`,
    data: {
      endpoint, entity: entity?.toLowerCase() ?? null, version, name, configVersion: config, by: textOf(row, 'who'),
      type: textOf(row, 'entity_kind'), deleted: deleted !== null, concurrency: now, concurrencyBefore: then,
    }, // prettier-ignore
  };
  const edges =
    model === null
      ? []
      : [{ from: model, to: asset, source, via: null, firstSeen: changed, lastSeen: deleted ?? changed }];
  return { fact, edges };
};

/** When which version came to be served, and by whom: the history of what REST shows as it is now. */
export const servedEntitiesCollector: Collector = tableCollector({
  source,
  label: 'Served versions',
  table,
  kind,
  countKind,
  wants,
  order: 'changed',
  lost: { entity_name: 'versions have no model: they are known by the name under which they are served' },
  // What an entity was served with before may have been set long before the window.
  keep: dbx`CAST(changed AS BIGINT) >= :since`,
  meta: {
    when: 'pack',
    features: ['when an endpoint came to serve a version'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    latenessMs: null,
    retentionDays: 365,
  },
  ask: (context) => {
    const ids = scoped(context, 'model', 'endpoint');
    if (context.lane !== 'pack' || ids.length === 0) return null;
    const { until } = context;
    const of = eitherOf('entity_name', 'endpoint_name', 'ids', ids);
    return {
      where: [
        ...(until === null ? [] : [{ needs: 'change_time', piece: dbx`change_time < :until` }]),
        of.where,
        { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` },
      ],
      parameters: {
        since: { type: 'BIGINT', value: `${Date.parse(startOf(context))}000` },
        ...(until === null ? {} : { until: timestampParameter(until) }),
        ...of.parameters,
        workspace: context.workspaceId,
      },
    };
  },
  read: (row, context, lacks) => {
    const read = readRow(row, context, lacks);
    return read === null ? null : { facts: [{ fact: read.fact }], edges: read.edges };
  },
});
