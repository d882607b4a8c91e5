import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import { ok } from '../../../shared/base/result.ts';
import type { Instant } from '../../../shared/base/time.ts';
import { parseExact } from '../../databricks/exact-json.ts';
import { fullName, parseTableName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { factId, modelAsset, tableAsset, workspaceAsset } from '../assets.ts';
import { callsOnly, type CollectContext, type CollectedFact, type Collector } from '../collector.ts';
import { cursorTexts, isDue, withSeen } from '../cursor.ts';
import { experimentRuns, runsLeftOut, type MadeBy } from '../model-runs.ts';
import type { LakeEdge } from '../port.ts';
import { getOne, idText, instant, object, objects, text } from '../rest-read.ts';
import { later } from '../rows.ts';
import { keepState } from '../state-source.ts';
import { nextTurn } from '../turns.ts';

const source = 'rest.mlflow.run-inputs';
/** Runs asked per pull, nearest models first; more of them take turns. */
const maxRuns = 40;
const maxInputs = 40;
/** Inputs of a run that has ended do not change: looked at again only so that what they say is not forgotten as unseen. */
const againMs = 7 * 86_400_000;
const maxKnown = 500;

/** Catalogs that are none of Unity Catalog's: MLflow itself tells a table there from one of the catalog by these names. */
const outsideCatalog: ReadonlySet<string> = new Set(['hive_metastore', 'spark_catalog', 'samples']);

/** What a run says of one data set that it was given: `table` only where its source names a table of Unity Catalog. */
type Input = {
  readonly dataset: string | null;
  readonly digest: string | null;
  readonly sourceType: string | null;
  readonly context: string | null;
  readonly table: string | null;
  readonly version: string | null;
};

/**
 * The table of Unity Catalog that a data set's source names, `catalog.schema.table` in lower case; null = none. The source is JSON
 * text of MLflow's own making (mlflow/data, `to_dict` of delta_dataset_source.py and spark_dataset_source.py): `delta_table` has
 * `delta_table_name`, `delta_table_version` and `is_databricks_uc_table`, or a `path`, which names no table; `spark` has
 * `table_name`, `path` or `sql`. Everything else (files, code, other stores) names no table either. The API's documents give
 * `databricks-uc-table` as an example of a type, but nothing says what its source holds: without a source, no edge.
 */
export const tableOfSource = (
  sourceType: string | null,
  sourceText: string | null,
): { readonly table: string; readonly version: string | null } | null => {
  if (sourceType === null || sourceText === null) return null;
  if (!['delta_table', 'spark'].includes(sourceType)) return null;
  const parsed = parseExact(sourceText);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { delta_table_name: delta, table_name: spark, is_databricks_uc_table: isCatalog } = parsed.value;
  const name = text(delta) ?? text(spark);
  const table = name === null || isCatalog === false ? null : parseTableName(name);
  if (table === null || !table.ok || outsideCatalog.has(table.value.catalog.toLowerCase())) return null;
  return { table: fullName(table.value), version: idText(parsed.value['delta_table_version']) };
};

const inputOf = (one: JsonObject): Input => {
  const dataset = object(one['dataset']);
  const sourceType = text(dataset['source_type']);
  const found = tableOfSource(sourceType, text(dataset['source']));
  const context = objects(one['tags']).find((tag) => tag['key'] === 'mlflow.data.context');
  return {
    dataset: text(dataset['name'])?.slice(0, 200) ?? null,
    digest: text(dataset['digest'])?.slice(0, 100) ?? null,
    sourceType: sourceType?.slice(0, 60) ?? null,
    context: text(context?.['value'])?.slice(0, 60) ?? null,
    table: found?.table ?? null,
    version: found?.version ?? null,
  };
};

type ReadRun = {
  readonly fact: CollectedFact;
  readonly edges: readonly LakeEdge[];
  readonly endedAt: Instant | null;
  /** It was given more data sets than are kept. */
  readonly isCut: boolean;
  /** Data sets whose source names no table of the catalog: without a source, no edge. */
  readonly unnamed: number;
};

const readRun = (run: string, made: readonly MadeBy[], body: JsonObject, context: CollectContext): ReadRun => {
  const found = object(body['run']);
  const info = object(found['info']);
  const all = objects(object(found['inputs'])['dataset_inputs']);
  const inputs = all.slice(0, maxInputs).map(inputOf);
  const [startedAt, endedAt] = [instant(info['start_time']), instant(info['end_time'])];
  const models = [...new Set(made.map((one) => modelAsset(context.metastoreId, one.model)))];
  const experiment = text(info['experiment_id']);
  const tables = [...new Set(inputs.flatMap(({ table }) => (table === null ? [] : [table])))];
  const name = text(info['run_name'])?.slice(0, 100) ?? run.slice(0, 8);
  return {
    endedAt,
    isCut: all.length > inputs.length,
    unnamed: inputs.filter(({ table }) => table === null).length,
    edges: tables.flatMap((table) =>
      models.map((to) => ({
        from: tableAsset(context.metastoreId, table),
        to,
        source,
        via: null,
        firstSeen: startedAt ?? endedAt ?? context.observedAt,
        lastSeen: context.observedAt,
      })),
    ),
    fact: {
      fact: {
        id: factId('settings', context.workspaceId, `${run}/inputs`),
        kind: 'settings',
        source,
        workspace: context.workspaceId,
        happenedAt: endedAt ?? startedAt ?? context.observedAt,
        observedAt: context.observedAt,
        completeTo: null,
        assets: [
          ...(experiment === null ? [] : [workspaceAsset('experiment', context.workspaceId, experiment)]),
          ...models,
        ],
        title: inputs.length === 0 ? `Run ${name} names no data that it was given` : `Data that run ${name} was given`,
        data: {
          what: 'inputs',
          run,
          models: made.map((one) => `${one.model}/${one.version}`),
          items: inputs.map((one) => ({ ...one })),
        },
      },
      merge: keepState,
    },
  };
};

type Due = {
  readonly runs: readonly (readonly [string, readonly MadeBy[]])[];
  /** Runs of other workspaces: only these can say what they were given. */
  readonly elsewhere: number;
};

const dueRuns = (context: CollectContext): Due => {
  const known = cursorTexts(context.cursor);
  const now = context.clock.now();
  const all = [...experimentRuns(context)];
  const here = all.filter(([, made]) =>
    made.some(({ workspace }) => workspace === '' || workspace === context.workspaceId),
  );
  const runs = here.filter(([run]) => isDue(known[run], now, againMs));
  return { runs, elsewhere: all.length - here.length };
};

/**
 * Which tables the versions of models in scope were trained on: what their runs logged as data (docs: experiments/v1 Run,
 * `inputs.dataset_inputs`). The registry names the run of a version; a run that logged no data says nothing, and no edge is made.
 */
export const runInputsCollector: Collector = {
  source,
  label: 'Data that model versions were trained on',
  table: null,
  meta: {
    when: 'room',
    features: ['which tables a model version was trained on'],
    needs: [{ kind: 'privilege', privilege: 'CAN READ', on: 'the experiments behind the models in scope' }],
    probe: { method: 'GET', path: '/api/2.0/mlflow/runs/get', query: { run_id: '0'.repeat(32) }, ofNothing: true },
    preview: null,
    latenessMs: 0,
    retentionDays: null,
  },
  estimate: (context) => {
    const asked = dueRuns(context).runs.length;
    return Promise.resolve(ok(callsOnly(asked)));
  },
  collect: async (context) => {
    const { runs, elsewhere } = dueRuns(context);
    const facts: CollectedFact[] = [];
    const edges: LakeEdge[] = [];
    const seen: Record<string, string> = {};
    let completeTo = context.completeTo;
    const how = new Map<string, string>();
    const turn = nextTurn(context, runs, { key: ([run]) => run, limit: maxRuns, plural: 'runs' });
    let failure: DatabricksFailure | undefined;
    for (const due of turn.each) {
      const [run, made] = due;
      const found = await getOne(context, '/api/2.0/mlflow/runs/get', { run_id: run });
      if (turn.lost(due, found)) continue;
      if (!found.ok) {
        how.set(run, 'refused');
        failure = found.error.tag === 'Forbidden' ? found.error : failure;
        continue;
      }
      const read = readRun(run, made, found.value, context);
      facts.push(read.fact);
      edges.push(...read.edges);
      how.set(run, `read${read.unnamed > 0 ? ' unnamed' : ''}${read.isCut ? ' cut' : ''}`);
      completeTo = later(completeTo, read.endedAt);
      if (read.endedAt !== null) seen[run] = context.observedAt;
    }
    const { went, left, step, whole } = turn.ended(how, { cursor: withSeen(context.cursor, seen, maxKnown), failure });
    const [refused, unnamed, cut] = [went('refused').length, went('unnamed').length, went('cut').length];
    const more = runsLeftOut(context);
    const notes = [
      ...(unnamed === 0
        ? []
        : [
            `Of ${unnamed} runs some data names no table of the catalog, only a path or another store: no edge is drawn for it.`,
          ]),
      ...(cut === 0 ? [] : [`Not complete: of ${cut} runs only the first ${maxInputs} data sets are kept.`]),
      ...(refused === 0 ? [] : [`Not complete: ${refused} runs are gone or not visible to this user.`]),
      ...(elsewhere === 0 ? [] : [`${elsewhere} runs are kept in other workspaces.`]),
      ...(more === null ? [] : [more]),
      ...(left === null ? [] : [left]),
    ];
    return ok({
      facts,
      edges,
      ...step,
      partly: refused + cut > 0 || more !== null,
      completeTo: whole ? completeTo : context.completeTo,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
    });
  },
};
