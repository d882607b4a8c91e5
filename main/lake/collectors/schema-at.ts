import { fullName, type TableName } from '../../databricks/identifiers.ts';
import { factId, tableAsset } from '../assets.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import { keepState } from '../state-source.ts';
import type { Columns, Version } from './schema-changes.ts';

/** The columns of a table at one of its versions, kept so that two versions can be compared without a connection. */
export const schemaAt = (
  table: TableName,
  version: Version,
  columns: Columns,
  source: string,
  context: CollectContext,
): CollectedFact => {
  const name = fullName(table);
  return {
    fact: {
      id: factId('schema', context.metastoreId, `${name}@${version.version}/${version.at}`),
      kind: 'schema',
      source,
      workspace: context.workspaceId,
      happenedAt: version.at,
      observedAt: context.observedAt,
      completeTo: null,
      assets: [tableAsset(context.metastoreId, name)],
      title: `Columns of ${table.table} at version ${version.version}`,
      data: {
        what: 'version',
        table: name,
        version: version.version,
        items: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
      },
    },
    merge: keepState,
  };
};
