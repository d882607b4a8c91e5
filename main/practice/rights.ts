import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { practiceRights as presets, type PracticeRights } from '../../shared/domain/practice-rights.ts';
import { tableNotFound } from './duck/errors.ts';
import type { Lake } from './duck/lake.ts';
import { quoteText } from './duck/sql-types.ts';
import { EngineError } from './engine-port.ts';

/** Kinds of things outside of catalogs of tables, each with the right that shows it (its path in rest/rights.ts). */
export const objectKinds = ['jobs', 'pipelines', 'models', 'endpoints', 'clusters', 'experiments', 'dashboards', 'external'] as const; // prettier-ignore
type ObjectKind = (typeof objectKinds)[number];
/** `permissions`: who has which right, for owners and administrators. */
export type Securable = ObjectKind | 'tables' | 'schemas' | 'permissions';

/**
 * What the practice user may see; null = everything. `everything`: all that is not in catalog `system`, and writing; without it
 * nothing can be written and only what is named is seen: `tables`: full names with SELECT (system tables too), and the ids or
 * names of each kind of object (pipelines: those that the user owns). `systemTables`: SELECT on all of catalog `system`;
 * `schemasOff`: system schemas that nobody has switched on. Without a right the documented answers come:
 * INSUFFICIENT_PERMISSIONS (42501) from SQL, rows of information_schema filtered by privilege, 403 PERMISSION_DENIED from REST
 * for one thing, and lists without it (facts 1.0, 3.0).
 */
export type Rights = {
  /** What a person chose (presets.ts); `own`: as the control API was told thing by thing. */
  readonly preset: PracticeRights | 'own';
  readonly everything: boolean;
  readonly tables: readonly string[];
  readonly systemTables: boolean;
  readonly schemasOff: readonly string[];
} & Readonly<Record<ObjectKind, readonly string[]>>;

const nothing: Rights = {
  preset: 'own', everything: false, tables: [], systemTables: false, schemasOff: [],
  jobs: [], pipelines: [], models: [], endpoints: [], clusters: [], experiments: [], dashboards: [], external: [],
}; // prettier-ignore

const words = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/** What is wrong with rights as the control API was given them; null = nothing. */
export const rightsFault = (value: JsonValue | undefined): string | null => {
  const preset = isJsonObject(value) ? value['preset'] : value;
  if (preset !== undefined && value !== null && !presets.some((one) => one === preset))
    return `rights are one of ${presets.join(', ')}, or an object`;
  const unknown = Object.keys(isJsonObject(value) ? value : {}).find((key) => !(key in nothing));
  return unknown === undefined ? null : `unknown right '${unknown}'; there are: ${Object.keys(nothing).join(', ')}`;
};

/** Rights as the control API takes them: a preset, or an object that may begin with one; undefined when the key is absent. */
export const rightsIn = async (
  body: JsonObject,
  little: () => Promise<Partial<Rights>>,
): Promise<Rights | null | undefined> => {
  const value = body['rights'];
  if (value === undefined) return body['release'] === true ? null : undefined;
  const given: JsonObject = isJsonObject(value) ? value : { preset: value };
  const preset = presets.find((one) => one === given['preset']);
  const schemasOff = words(given['schemasOff']);
  if (value === null || (preset === 'everything' && schemasOff.length === 0)) return null;
  if (preset === 'little') return { ...nothing, ...(await little()), preset, schemasOff };
  if (preset !== undefined)
    return { ...nothing, preset, everything: true, systemTables: preset === 'everything', schemasOff };
  return {
    ...nothing,
    ...Object.fromEntries(objectKinds.map((kind) => [kind, words(given[kind])])),
    tables: words(given['tables']).map((name) => name.toLowerCase()),
    everything: given['everything'] === true,
    systemTables: given['systemTables'] === true,
    schemasOff,
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
  ((table.catalog === 'system' ? rights.systemTables : rights.everything) ||
    rights.tables.includes(`${table.catalog}.${table.schema}.${table.name}`.toLowerCase()));

/** May somebody with these rights see this one thing? Tables and models by full name, schemas by `catalog.schema`. */
export const maySee = (rights: Rights | null, kind: Securable, id: string): boolean => {
  if (rights === null) return true;
  const [catalog = '', schema = '', name = ''] = id.split('.');
  if (kind === 'tables') return maySelect(rights, { catalog, schema, name });
  if (kind === 'schemas')
    return (
      maySelect(rights, { catalog, schema, name: '' }) ||
      rights.tables.some((one) => one.startsWith(`${id}.`) && maySee(rights, 'tables', one))
    );
  return rights.everything || (kind !== 'permissions' && rights[kind].includes(id));
};

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
  const seen = (): ReturnType<Lake['tables']> => {
    const now = rights();
    return now === null ? lake.tables() : lake.tables().filter((table) => maySelect(now, table));
  };
  const mayWrite = (): boolean => rights()?.everything !== false;
  return {
    ...lake,
    generation: () => {
      rights();
      return lake.generation() + changes * 1e9;
    },
    tables: seen,
    catalogs: () => {
      const now = rights();
      if (now === null) return lake.catalogs();
      const visible = seen();
      return lake
        .catalogs()
        .map((one) => ({
          catalog: one.catalog,
          schemas: one.schemas.filter(
            (schema) =>
              (now.everything && one.catalog !== 'system') ||
              visible.some((table) => table.catalog === one.catalog && table.schema === schema),
          ),
        }))
        .filter((one) => now.everything || one.catalog === 'system' || one.schemas.length > 0);
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
      if (!maySee(now, 'pipelines', pipeline)) throw refused('ownership', 'Pipeline', pipeline);
      return lake.eventLog(pipeline);
    },
    write: (work) => (mayWrite() ? lake.write(work) : refuseWrite()),
    createCatalog: (name) => (mayWrite() ? lake.createCatalog(name) : refuseWrite()),
    createSchema: (...named) => (mayWrite() ? lake.createSchema(...named) : refuseWrite()),
    narrow: (sql, columns) => {
      const now = rights();
      if (now === null) return sql;
      const [catalog, schema, table] = ['catalog', 'schema', 'table'].map((part) =>
        columns.find((name) => name === `table_${part}` || name === `${part}_name`),
      );
      if (now.everything) {
        const hidden = now.systemTables
          ? `${schema ?? "''"} IN (${['', ...now.schemasOff].map(quoteText).join(', ')})`
          : 'TRUE';
        return `(SELECT * FROM ${sql} WHERE NOT coalesce(${catalog ?? "''"} = 'system' AND ${hidden}, FALSE))`;
      }
      const visible = seen().map((one) => quoteText(`${one.catalog}.${one.schema}.${one.name}`));
      if (table === undefined || visible.length === 0) return `(SELECT * FROM ${sql} LIMIT 0)`;
      return `(SELECT * FROM ${sql} WHERE concat_ws('.', ${catalog ?? ''}, ${schema ?? ''}, table_name) IN (${visible.join(', ')}))`;
    },
  };
};
