import { ok } from '../../../shared/base/result.ts';
import { dbx, statementKind } from '../../databricks/statements.ts';
import { assetRow } from '../../store/lake.ts';
import { workspaceAsset } from '../assets.ts';
import type { CollectContext, CollectedAsset, Collector } from '../collector.ts';
import { pull } from '../pull.ts';
import { instantOf, minus, textOf } from '../rows.ts';
import { among, scoped } from '../scope-filter.ts';
import { computed, computedOf, fieldOf, fieldText } from '../select.ts';

const kind = statementKind('lake.notebook-names', 'read', 'under which path notebooks were billed last');
const table = { catalog: 'system', schema: 'billing', table: 'usage' };
const meta = 'usage_metadata';
/** Notebooks run seldom; usage is kept for a year (facts 1.0), and scanning all of it is not worth a name. */
const lookBackMs = 90 * 86_400_000;

const path = fieldOf(meta, ['notebook_path']);
const newestPath = dbx`max_by(${path}, usage_end_time)`;
/** Where nothing tells which is the newest. */
const anyPath = dbx`max(${path})`;

const unnamed = (context: CollectContext): readonly string[] =>
  scoped(context, 'notebook').filter((id) => {
    const asset = workspaceAsset('notebook', context.workspaceId, id);
    return context.scope.has(asset) && assetRow(context.db, asset) === undefined;
  });

/**
 * Names of notebooks in scope that are known by their id only. No documented call gives the path of a notebook by its id;
 * `billing.usage.usage_metadata` has both (facts 1.1) for what ran on serverless compute (Databricks docs, "Monitor the cost of
 * serverless compute"). Others keep their id.
 */
export const notebookNamesCollector: Collector = {
  source: 'system.billing.usage/notebooks',
  label: 'Names of notebooks',
  table,
  meta: {
    when: 'pack',
    features: ['paths of notebooks instead of ids'],
    needs: [{ kind: 'select', table }],
    preview: null,
    latenessMs: 12 * 3_600_000,
    retentionDays: 365,
  },
  collect: async (context) => {
    const rest = { cursor: context.cursor, completeTo: null, missingColumns: [] } as const;
    const ids = context.lane === 'pack' ? unnamed(context) : [];
    if (ids.length === 0) return ok({ ...rest, note: null });
    const of = among(meta, fieldOf(meta, ['notebook_id']), 'notebooks', ids);
    const found = await pull(context, {
      kind,
      table,
      wants: [
        fieldText(meta, 'notebook_id', { as: 'id', required: true }),
        computedOf(meta, 'path', [['notebook_path']], (has) => {
          const newest = has('usage_end_time') ? newestPath : anyPath;
          return has(meta, ['notebook_path']) ? newest : null;
        }),
        computed('usage_end_time', 'newest', dbx`unix_micros(max(usage_end_time))`),
      ],
      where: [
        { needs: 'usage_date', piece: dbx`usage_date >= CAST(:since AS DATE)` },
        { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` },
        of.where,
      ],
      parameters: {
        since: minus(context.observedAt, lookBackMs).slice(0, 10),
        workspace: context.workspaceId,
        ...of.parameters,
      },
      order: 'newest',
      groupBy: ['id'],
    });
    if (!found.ok) return found;
    const assets = found.value.rows.flatMap((row): readonly CollectedAsset[] => {
      const [id, name, at] = [textOf(row, 'id'), textOf(row, 'path'), instantOf(row, 'newest')];
      // An id that nobody asked for is no answer.
      if (id === null || name === null || !ids.includes(id)) return [];
      const asset = workspaceAsset('notebook', context.workspaceId, id);
      return [{ asset, name, detail: `notebook ${id}`, changedAt: at ?? context.observedAt, gone: false }];
    });
    const left = ids.length - assets.length;
    return ok({
      ...rest,
      assets,
      missingColumns: found.value.missingColumns,
      note: left === 0 ? null : `${left} notebooks keep their id: usage names no path for them.`,
      ...(found.value.cutOff === null ? {} : { failure: found.value.cutOff }),
    });
  },
  estimate: (context) =>
    Promise.resolve(
      ok({ rows: unnamed(context).length, statements: unnamed(context).length === 0 ? 0 : 1, counted: false }),
    ),
};
