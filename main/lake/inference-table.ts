import type { JsonObject } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import { checkObjectName, fullName } from '../databricks/identifiers.ts';
import { tableAsset, workspaceAsset } from './assets.ts';
import type { CollectContext } from './collector.ts';
import type { LakeEdge } from './port.ts';
import { object, text } from './rest-read.ts';

/** The source that edges from an endpoint to its inference table name, whoever read the endpoint. */
export const inferenceTableSource = 'rest.inference-tables';

const named = (config: JsonObject, table: string | null): string | null => {
  const [catalog, schema] = [text(config['catalog_name']), text(config['schema_name'])];
  if (config['enabled'] !== true || catalog === null || schema === null || table === null) return null;
  return [catalog, schema, table].every((part) => checkObjectName(part) === null)
    ? fullName({ catalog, schema, table })
    : null;
};

/**
 * The table in which an endpoint keeps its requests and answers, as the description of the endpoint says: full name in lower
 * case, null where it has none or does not say. Two documented places (REST `serving-endpoints/{name}`):
 * `ai_gateway.inference_table_config`, whose table is called `<table_name_prefix>_payload`, and, of endpoints that were made
 * before, `config.auto_capture_config`, which names the table in `state.payload_table.name` once it is there. Without a prefix or
 * a name there is no telling which table it is.
 */
export const inferenceTableOf = (endpoint: JsonObject): string | null => {
  const gateway = object(object(endpoint['ai_gateway'])['inference_table_config']);
  const prefix = text(gateway['table_name_prefix']);
  const capture = object(object(endpoint['config'])['auto_capture_config']);
  const payload = object(object(capture['state'])['payload_table']);
  return named(gateway, prefix === null ? null : `${prefix}_payload`) ?? named(capture, text(payload['name']));
};

/** From an endpoint to the table that keeps what it answered: what it serves reaches whatever is made of that table. */
export const inferenceEdge = (
  endpoint: string,
  table: string,
  since: Instant,
  context: Pick<CollectContext, 'workspaceId' | 'metastoreId' | 'observedAt'>,
): LakeEdge => ({
  from: workspaceAsset('endpoint', context.workspaceId, endpoint),
  to: tableAsset(context.metastoreId, table),
  source: inferenceTableSource,
  via: null,
  firstSeen: since,
  lastSeen: context.observedAt,
});
