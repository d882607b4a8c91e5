import { statementKind } from '../../databricks/statements.ts';
import { anHour, type Collector } from '../collector.ts';
import { definitionCollector } from '../definitions.ts';
import { scoped } from '../scope-filter.ts';
import { asJson, asText } from '../select.ts';

const kind = statementKind('lake.pipelines', 'read', 'names of pipelines and how their definitions changed');
const countKind = statementKind(
  'lake.pipelines.count',
  'read',
  'how many versions of definitions of pipelines there are',
);
const table = { catalog: 'system', schema: 'lakeflow', table: 'pipelines' };

/**
 * Names of pipelines and each change of a definition (facts 1.1 `lakeflow.pipelines`; SCD2). Values of `configuration` may hold
 * secrets: only that they changed is told. Public Preview; rows about an hour late; the newest row of a pipeline is kept forever.
 */
export const pipelinesCollector: Collector = definitionCollector({
  source: 'system.lakeflow.pipelines',
  label: 'Pipelines',
  table,
  kind,
  countKind,
  asset: 'pipeline',
  id: 'pipeline_id',
  name: 'name',
  fields: [
    asText('pipeline_type', { as: 'type' }),
    asText('run_as', { as: 'runAs' }),
    asJson('settings'),
    asJson('tags'),
  ],
  secret: 'configuration',
  ids: (context) => (context.lane === 'pack' ? scoped(context, 'pipeline') : null),
  meta: {
    when: 'watch',
    features: ['names of pipelines', 'changed definitions of pipelines'],
    needs: [{ kind: 'select', table }],
    preview: 'Public Preview',
    latenessMs: anHour,
    retentionDays: null,
  },
});
