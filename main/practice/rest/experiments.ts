import { isJsonObject, type JsonObject, type JsonValue } from '../../../shared/base/json.ts';
import { documents, fault, good, idOf, type RestApi } from './common.ts';

const trainingMs = 47 * 60_000;

/** A data set as MLflow logs it: its source is JSON text. */
const input = (name: string, source_type: string, source: JsonObject, context: string): JsonObject => ({
  dataset: { name, digest: name.length.toString(16).padStart(8, '0'), source_type, source: JSON.stringify(source) },
  tags: [{ key: 'mlflow.data.context', value: context }],
});

/** Tables that a version looks features up in; a run was given them, and a sample of its own as a file. */
const featuresOf = (version: JsonObject): readonly string[] => {
  const held: JsonValue | undefined = version['model_version_dependencies'];
  const all = isJsonObject(held) ? held['dependencies'] : [];
  return (Array.isArray(all) ? all : []).flatMap((one: JsonValue) =>
    isJsonObject(one) && isJsonObject(one['table']) ? [idOf(one['table']['table_full_name'])] : [],
  );
};

/** Runs that made versions of models, with the data that they logged (docs: experiments/v1). */
export const experiments: RestApi = async ({ lake, world }, { method, path, query }) => {
  if (method !== 'GET' || path !== '/api/2.0/mlflow/runs/get') return null;
  const run = query.get('run_id') ?? '';
  if (run === '') return fault(400, 'INVALID_PARAMETER_VALUE', 'Missing value for required parameter run_id.');
  const version = (await documents(lake, 'version')).find((one) => one['run_id'] === run);
  if (version === undefined) return fault(404, 'RESOURCE_DOES_NOT_EXIST', `Run '${run}' not found.`);
  const full = [version['catalog_name'], version['schema_name'], version['model_name']].map(idOf).join('.');
  const end = Number(version['created_at']);
  const experiment = world.estate?.models.find((one) => one.full === full)?.experiment;
  return good({
    run: {
      info: {
        run_id: run, experiment_id: experiment ?? '', run_name: `train-${idOf(version['version'])}`, status: 'FINISHED',
        start_time: end - trainingMs, end_time: end, lifecycle_stage: 'active',
      },
      data: {},
      inputs: {
        dataset_inputs: [
          ...featuresOf(version).map((name) =>
            input(name, 'delta_table', { delta_table_name: name, is_databricks_uc_table: true }, 'training'),
          ),
          input('evaluation-sample', 'local', { uri: '/tmp/sample.parquet' }, 'evaluation'),
        ],
      },
    },
  }); // prettier-ignore
};
