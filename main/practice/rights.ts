import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { tableNotFound } from './duck/errors.ts';
import type { Lake } from './duck/lake.ts';
import { quoteText } from './duck/sql-types.ts';
import { EngineError } from './engine-port.ts';

/**
 * What the practice user may see; null = everything. `tables`: full names with SELECT (system tables too); `jobs`: ids with
 * CAN VIEW; `pipelines`: ids that the user owns; `systemTables`: SELECT on all of catalog `system`; `schemasOff`: system schemas that nobody has switched on.
 * Without a right the documented answers come: INSUFFICIENT_PERMISSIONS (42501) from SQL, rows of information_schema filtered
 * by privilege, 403 PERMISSION_DENIED from REST for one thing, and lists without it (facts 1.0, 3.0). Nothing can be written.
 */
export type Rights = {
  readonly tables: readonly string[];
  readonly jobs: readonly string[];
  readonly pipelines: readonly string[];
  readonly systemTables: boolean;
  readonly schemasOff: readonly string[];
};

const words = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** Rights as the control API takes them; undefined when the key is absent. */
export const rightsIn = (body: JsonObject): Rights | null | undefined => {
  const value = body['rights'];
  if (value === undefined) return body['release'] === true ? null : undefined;
  if (!isJsonObject(value)) return null;
  return {
    tables: words(value['tables']).map((name) => name.toLowerCase()),
    jobs: words(value['jobs']),
    pipelines: words(value['pipelines']),
    systemTables: value['systemTables'] === true,
    schemasOff: words(value['schemasOff']),
  };
};

const refused = (privilege: string, kind: string, name: string): EngineError =>
  new EngineError(
    'INSUFFICIENT_PERMISSIONS',
    '42501',
    `Insufficient privileges: User does not have ${privilege} on ${kind} '${name}'.`,
  );

const refuseWrite = (): Promise<never> => Promise.reject(refused('MODIFY', 'Metastore', 'practice'));

type Named = { readonly catalog: string; readonly schema: string; readonly name: string };
const isOff = (rights: Rights, { catalog, schema }: Omit<Named, 'name'>): boolean =>
  catalog === 'system' && rights.schemasOff.includes(schema);
const maySelect = (rights: Rights, table: Named): boolean =>
  !isOff(rights, table) &&
  ((rights.systemTables && table.catalog === 'system') ||
    rights.tables.includes(`${table.catalog}.${table.schema}.${table.name}`.toLowerCase()));

/** The lake as somebody with these rights sees it. It changes with them; the lake behind it stays whole. */
export const limitLake = (lake: Lake, rightsNow: () => Rights | null): Lake => {
  let last: Rights | null = null;
  let changes = 0;
  const rights = (): Rights | null => {
    const now = rightsNow();
    if (now !== last) changes += 1;
    last = now;
    return now;
  };
  const seen = (): readonly Named[] => {
    const now = rights();
    return now === null ? lake.tables() : lake.tables().filter((table) => maySelect(now, table));
  };
  return {
    ...lake,
    generation: () => {
      rights();
      return lake.generation() + changes * 1e9;
    },
    tables: () => {
      const now = rights();
      return now === null ? lake.tables() : lake.tables().filter((table) => maySelect(now, table));
    },
    catalogs: () => {
      const now = rights();
      if (now === null) return lake.catalogs();
      const visible = seen();
      return lake
        .catalogs()
        .map((one) => ({
          catalog: one.catalog,
          schemas: one.schemas.filter((schema) =>
            visible.some((table) => table.catalog === one.catalog && table.schema === schema),
          ),
        }))
        .filter((one) => one.catalog === 'system' || one.schemas.length > 0);
    },
    find: (parts) => {
      const [found, now] = [lake.find(parts), rights()];
      return found === undefined || now === null || maySelect(now, found) ? found : undefined;
    },
    table: (parts) => {
      const [found, now] = [lake.table(parts), rights()];
      if (now === null || maySelect(now, found)) return found;
      const { catalog, schema, name } = found;
      if (isOff(now, found)) throw tableNotFound(parts.map((part) => `\`${part}\``).join('.'));
      const visible = seen().filter((table) => table.catalog === catalog);
      if (visible.length === 0) throw refused('USE CATALOG', 'Catalog', catalog);
      if (!visible.some((table) => table.schema === schema))
        throw refused('USE SCHEMA', 'Schema', `${catalog}.${schema}`);
      throw refused('SELECT', 'Table', `${catalog}.${schema}.${name}`);
    },
    eventLog: (pipeline) => {
      const now = rights();
      if (now !== null && !now.pipelines.includes(pipeline)) throw refused('ownership', 'Pipeline', pipeline);
      return lake.eventLog(pipeline);
    },
    write: (work) => (rights() === null ? lake.write(work) : refuseWrite()),
    createCatalog: (name) => (rights() === null ? lake.createCatalog(name) : refuseWrite()),
    createSchema: (...named) => (rights() === null ? lake.createSchema(...named) : refuseWrite()),
    narrow: (sql, columns) => {
      const now = rights();
      if (now === null) return sql;
      const [catalog, schema, table] = ['catalog', 'schema', 'table'].map((part) =>
        columns.find((name) => name === `table_${part}` || name === `${part}_name`),
      );
      const visible = seen().map((one) => quoteText(`${one.catalog}.${one.schema}.${one.name}`));
      if (table === undefined || visible.length === 0) return `(SELECT * FROM ${sql} LIMIT 0)`;
      return `(SELECT * FROM ${sql} WHERE concat_ws('.', ${catalog ?? ''}, ${schema ?? ''}, table_name) IN (${visible.join(', ')}))`;
    },
    sees: (kind, document) => {
      const now = rights();
      if (now === null) return true;
      if (kind === 'job' || kind === 'run') return now.jobs.includes(idText(document['job_id']));
      if (kind === 'model') return now.tables.includes(idText(document['full_name']).toLowerCase());
      return kind === 'version';
    },
  };
};

const idText = (value: JsonValue | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
