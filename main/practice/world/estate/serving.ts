import type { Plan } from '../plan.ts';
import type { Random } from '../random.ts';

export type EstateEndpoint = {
  readonly name: string;
  readonly id: string;
  readonly version: number;
  readonly entity: string;
  /** Its inference table: what it was asked and answered, written by the platform. */
  readonly payload: string;
};
export const endpointOf = (plan: Plan, random: Random, { area, what, version }: { readonly area: string; readonly what: string; readonly version: number }): EstateEndpoint => ({
  name: `${area}-${what}`,
  id: random.hex(32),
  version,
  entity: random.hex(32),
  payload: `${plan.catalog}.${plan.schemas[3] ?? ''}.${area}_${what}_payload`,
}); // prettier-ignore

/** An inference table as it is documented for endpoints with an AI gateway. */
const columns =
  'request_date date, databricks_request_id string, client_request_id string, request_time timestamp, status_code int, sampling_fraction double, execution_duration_ms bigint, request string, response string, served_entity_id string, logging_error_codes array<string>, requester string';

type Reader = { readonly full: string; readonly area: string; readonly sources: readonly string[] };
type Served = { readonly area: string; readonly owner: string; readonly endpoint: EstateEndpoint | null };
/** The tables with an inference table for each endpoint: scores and the log of requests are taken from what it answered. */
export const withPayloads = <T extends Reader>(tables: readonly T[], models: readonly Served[]) => {
  const served = models.flatMap(({ area, owner, endpoint }) => (endpoint === null ? [] : [{ area, owner, full: endpoint.payload }]));
  const readers = tables.map((table) => {
    const payload = served.find(({ area }) => area === table.area);
    return payload !== undefined && /_(predictions|inference_log)$/.test(table.full)
      ? { ...table, sources: [...table.sources, payload.full] }
      : table;
  });
  // The platform writes them: neither a job nor a pipeline does.
  const written = served.map((one) => ({ ...one, layer: 'gold' as const, columns, sources: [], job: null, pipeline: null, personal: false, volume: 4_000 }));
  return [...readers, ...written];
}; // prettier-ignore
