import { mapOk } from '../../shared/base/result.ts';
import type { Workspace } from '../databricks/port.ts';

/** What a workspace says of itself. `region`: `<cloud>:<region>`. */
type Ids = { readonly workspaceId: string; readonly metastoreId: string; readonly region: string | null };

/** Where this workspace lies: as it says, else as it said before. A metastore never moves; another metastore is asked anew. */
export const regionOf = (now: Ids, before: readonly Ids[]): string | null =>
  now.region ??
  before.findLast(
    ({ workspaceId, metastoreId, region }) =>
      region !== null && workspaceId === now.workspaceId && metastoreId === now.metastoreId,
  )?.region ??
  null;

/**
 * The same workspace, of which is still known where it lies when it does not say so any more, as to somebody who lost the right to ask:
 * a rule about some region would otherwise take all that was read of it from this disk.
 */
export const withKnownRegion = (workspace: Workspace, before: () => readonly Ids[]): Workspace => ({
  ...workspace,
  identity: async (options, by) =>
    mapOk(await workspace.identity(options, by), (found) => ({
      ...found,
      region: regionOf({ ...found, region: found.region ?? null }, before()),
    })),
});
