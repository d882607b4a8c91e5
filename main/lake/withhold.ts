import { ok } from '../../shared/base/result.ts';
import type { DatabricksFailure } from '../databricks/port.ts';
import { forgetPlace, putSource, sourceRow } from '../store/lake.ts';
import type { Collector } from './collector.ts';
import { words, type Ids, type RefreshDeps } from './refresh.ts';

/**
 * Nothing of this workspace may lie on this device: what was cached of it goes, and each source says why nothing is read. Its
 * cursors start over, so that everything comes again when the rule is lifted. True when something was changed.
 */
export const withholdPlace = (
  deps: RefreshDeps,
  collectors: readonly Collector[],
  ids: Ids,
  refused: DatabricksFailure,
): boolean => {
  const note = words(refused);
  const said = collectors.every((one) => {
    const row = sourceRow(deps.store.read, one.source, ids.workspaceId);
    return row?.state === 'denied' && row.note === note;
  });
  if (said) return false;
  const stored = deps.store.transaction<null>((db) => {
    forgetPlace(db, { workspace: ids.workspaceId, metastore: ids.metastoreId, region: ids.region });
    for (const { source } of collectors)
      putSource(db, {
        source, workspace: ids.workspaceId, region: ids.region, cursor: null, complete_to: null, observed: null, state: 'denied', missing: '[]', note,
      }); // prettier-ignore
    return ok(null);
  });
  return stored.ok;
};
