import type { Document } from '../documents.ts';
import type { Plan } from '../plan.ts';
import type { Estate } from './plan.ts';
import { day } from './sql.ts';

/** Models of the estate and their versions, as REST shows them. The newest version is the champion, whatever is served. */
export const modelDocuments = (plan: Plan, estate: Estate): readonly Document[] =>
  estate.models.flatMap(({ full, owner, versions, features }) => {
    const [catalog_name = '', schema_name = '', name = ''] = full.split('.');
    const base = { catalog_name, schema_name, metastore_id: plan.metastoreId, storage_location: '' };
    const at = (daysAgo: number): number => plan.now - daysAgo * day;
    const [first, last] = [at(versions[0]?.daysAgo ?? 0), versions.at(-1)];
    const moved = at((last?.daysAgo ?? 1) - 0.5);
    return [
      {
        kind: 'model',
        id: full,
        at: first,
        body: { ...base, full_name: full, name, owner, comment: null, created_at: first, created_by: owner, updated_at: moved, updated_by: owner, aliases: [{ alias_name: 'champion', version_num: last?.version ?? 1 }] },
      },
      ...versions.map(({ version, run, daysAgo }): Document => ({
        kind: 'version',
        id: `${full}/${version}`,
        at: at(daysAgo),
        body: {
          ...base, model_name: name, version, source: `runs:/${run}/model`, run_id: run, run_workspace_id: Number(plan.workspaceId), status: 'READY', comment: null, created_at: at(daysAgo), created_by: owner,
          updated_at: at(daysAgo), updated_by: owner, id: run.slice(0, 8), model_version_dependencies: { dependencies: [{ table: { table_full_name: features } }] },
        },
      })),
    ]; // prettier-ignore
  });
