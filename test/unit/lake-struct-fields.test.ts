import { afterAll, describe, expect, it } from 'vitest';
import { parseDataType, typeText, type DataType } from '../../main/databricks/data-type.ts';
import type { Statement } from '../../main/databricks/port.ts';
import type { CollectContext, Collector } from '../../main/lake/collector.ts';
import { collectors } from '../../main/lake/sources.ts';
import { systemTables } from '../../main/practice/world/system-tables.ts';
import { putFact } from '../support/facts.ts';
import { ok } from '../../shared/base/result.ts';
import { collectContext, collectNow, fakeWorkspace, instantAt, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

/**
 * Every source that reads a documented system table, with every field of every struct in it taken away in turn: no statement
 * may name the field any more, the source is read all the same, and what it lacks is named.
 */
const { store, close } = temporaryStore(() => collectNow);
afterAll(close);
const model = 'model|ms|main.ml.price';
store.transaction<null>((db) => {
  const data = JSON.stringify({ run: 'r1', model: 'main.ml.price', version: '1' });
  putFact(db, { id: 'v', kind: 'model-version', source: 's', workspace: '7', region: null, happened: instantAt(collectNow), observed: instantAt(collectNow), complete_to: null, assets: JSON.stringify([model]), title: '', data }, [model]); // prettier-ignore
  return ok(null);
});
const scope = [model, 'table|ms|main.shop.prices', 'job|7|1', 'pipeline|7|p', 'warehouse|7|w', 'endpoint|7|e'];

type Path = readonly string[];
const pathsIn = (type: DataType | null): readonly Path[] =>
  type === null || type.kind === 'plain' || type.kind === 'map'
    ? []
    : type.kind === 'array'
      ? pathsIn(type.element)
      : type.fields.flatMap(({ name, type: inner }) => [[name], ...pathsIn(inner).map((rest) => [name, ...rest])]);
const without = (type: DataType, [name = '', ...rest]: Path): DataType => {
  if (type.kind === 'array') return { kind: 'array', element: without(type.element, [name, ...rest]) };
  if (type.kind !== 'struct') return type;
  const fields = type.fields.flatMap((one) =>
    one.name !== name ? [one] : rest.length === 0 ? [] : [{ ...one, type: without(one.type, rest) }],
  );
  return { kind: 'struct', fields };
};

/** A workspace whose `table` lacks one field; others are as documented. */
const lacking = (table: string, column: string, path: Path) => {
  const fake = fakeWorkspace({});
  const { workspace } = fake;
  const query = (statement: Statement) => {
    if (statement.name !== 'probe.columns') return workspace.warehouse.query(statement);
    const name = `${String(statement.parameters?.['schema'])}.${String(statement.parameters?.['name'])}`;
    return Promise.resolve(
      rowPage(
        (systemTables[name] ?? []).map((one) => {
          const type = name === table && one.name === column ? parseDataType(one.type) : null;
          return { column_name: one.name, full_data_type: type === null ? one.type : typeText(without(type, path)) };
        }),
      ),
    );
  };
  return { ...fake, workspace: { ...workspace, warehouse: { ...workspace.warehouse, query } } };
};

const sources: readonly (readonly [string, string, Collector])[] = collectors.flatMap((one) => {
  const name = one.table === null ? '' : `${one.table.schema}.${one.table.table}`;
  return one.table?.catalog === 'system' && systemTables[name] !== undefined ? [[one.source, name, one] as const] : [];
});
const inLanes = (context: CollectContext): readonly CollectContext[] => [context, { ...context, lane: 'watch' }];

describe('a field of a struct that is missing', () => {
  it.each(sources)('%s is read without it', async (_, name, collector) => {
    for (const { name: column, type } of systemTables[name] ?? [])
      for (const path of pathsIn(parseDataType(type))) {
        const { workspace, asked } = lacking(name, column, path);
        for (const context of inLanes(collectContext(workspace, store.read, scope))) {
          const found = await collector.collect(context);
          expect(found.ok, `${column}.${path.join('.')}`).toBe(true);
          await collector.estimate?.(context);
        }
        const text = [column, ...path].map((one) => `(?:\`${one}\`|${one})`).join('\\.');
        for (const statement of asked) expect(statement.text).not.toMatch(new RegExp(`(?<![.\\w])${text}(?!\\w)`));
      }
  });

  it('is named, and what is made from it is left out', async () => {
    const missing = async (source: string, table: string, column: string, path: Path): Promise<readonly string[]> => {
      const { workspace } = lacking(table, column, path);
      const collector = sources.find(([one]) => one === source)?.[2];
      const found = await collector?.collect(collectContext(workspace, store.read, scope));
      return found?.ok === true ? found.value.missingColumns : ['failed'];
    };
    const cases: readonly (readonly [string, string, string, Path])[] = [
      ['system.query.history', 'query.history', 'compute', ['warehouse_id']],
      ['system.query.history', 'query.history', 'query_source', ['job_info', 'job_id']],
      ['system.query.history', 'query.history', 'query_source', ['pipeline_info', 'pipeline_id']],
      ['system.billing.usage', 'billing.usage', 'usage_metadata', ['job_id']],
      ['system.access.audit', 'access.audit', 'response', ['status_code']],
      ['system.lakeflow.pipeline_update_timeline', 'lakeflow.pipeline_update_timeline', 'compute', ['cluster_id']],
      ['system.mlflow.runs_latest', 'mlflow.runs_latest', 'aggregated_metrics', ['latest_value']],
      ['system.data_quality_monitoring.table_results', 'data_quality_monitoring.table_results', 'completeness', ['daily_row_count', 'last_value']],
    ]; // prettier-ignore
    for (const [source, table, column, path] of cases)
      expect(await missing(source, table, column, path)).toEqual([[column, ...path].join('.')]);
  });

  it('bounds the question still: no statement comes where none of the places is told', async () => {
    const fake = fakeWorkspace({});
    const { workspace } = fake;
    const query = (statement: Statement) =>
      statement.name === 'probe.columns'
        ? Promise.resolve(
            rowPage(
              (systemTables['query.history'] ?? [])
                .filter(({ name }) => name !== 'query_source')
                .map(({ name, type }) => ({ column_name: name, full_data_type: name === 'compute' ? 'struct<type:string>' : type })),
            ),
          )
        : workspace.warehouse.query(statement); // prettier-ignore
    const queries = sources.find(([one]) => one === 'system.query.history')?.[2];
    const context = collectContext({ ...workspace, warehouse: { ...workspace.warehouse, query } }, store.read, scope);
    expect((await queries?.collect(context))?.ok).toBe(true);
    expect(fake.asked[0]?.text).toContain('AND FALSE AND');
  });
});
