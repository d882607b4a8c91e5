import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../../shared/base/json.ts';
import { below, documents, fault, good, idOf, page, type RestApi, type RestDeps } from './common.ts';

const isList = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);
const aliasesOf = (model: JsonObject, version?: number): JsonValue[] => {
  const aliases: readonly JsonValue[] = isList(model['aliases']) ? model['aliases'] : [];
  return aliases.filter((a) => version === undefined || (isJsonObject(a) && a['version_num'] === version));
};
const without = (document: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(document).filter(([k]) => k !== key));

const setAliases = (deps: RestDeps, model: JsonObject, aliases: readonly JsonValue[]): Promise<void> =>
  deps.lake.write(async (write) => {
    const body = JSON.stringify({ ...model, aliases, updated_at: deps.clock.now(), updated_by: deps.user });
    await write.run(`UPDATE bw.documents SET body = $body WHERE kind = 'model' AND id = $id`, {
      body,
      id: idOf(model['full_name']),
    });
  });

/** Registered models, versions and aliases of Unity Catalog. */
export const models: RestApi = async (deps, { method, path, query, body }) => {
  const rest = below(path, '/api/2.1/unity-catalog/models');
  if (rest === null) return null;
  const withAliases = query.get('include_aliases') === 'true';
  if (rest.length === 0) {
    const [catalog, schema] = [query.get('catalog_name'), query.get('schema_name')];
    const all = (await documents(deps.lake, 'model')).filter(
      (m) =>
        deps.may('models', idOf(m['full_name'])) &&
        (catalog === null || m['catalog_name'] === catalog) &&
        (schema === null || m['schema_name'] === schema),
    );
    const { items, next } = page(all, query, 100, 1_000);
    return good({
      registered_models: items.map((m) => without(m, 'aliases')),
      ...(next === null ? {} : { next_page_token: next }),
    });
  }
  const full = rest[0] ?? '';
  const [model] = await documents(deps.lake, 'model', 'id = $id', { id: full });
  if (model === undefined) return fault(404, 'RESOURCE_DOES_NOT_EXIST', `Registered model '${full}' does not exist.`);
  const versionOf = async (n: string): Promise<JsonObject | undefined> =>
    (await documents(deps.lake, 'version', 'id = $id', { id: `${full}/${n}` }))[0];
  if (rest.length === 1) return good(withAliases ? model : without(model, 'aliases'));
  if (rest[1] === 'versions' && rest.length === 2) {
    // Lists carry no aliases, in no promised order (facts 3.3).
    const { items, next } = page(
      await documents(deps.lake, 'version', `starts_with(id, $id || '/')`, { id: full }),
      query,
      100,
      1_000,
    );
    return good({ model_versions: items, ...(next === null ? {} : { next_page_token: next }) });
  }
  if (rest[1] === 'versions') {
    const version = await versionOf(rest[2] ?? '');
    if (version === undefined)
      return fault(404, 'RESOURCE_DOES_NOT_EXIST', `Model version '${full}/${rest[2] ?? ''}' does not exist.`);
    return good(withAliases ? { ...version, aliases: aliasesOf(model, Number(rest[2])) } : version);
  }
  if (rest[1] !== 'aliases' || rest[2] === undefined) return null;
  const alias = rest[2];
  const others = aliasesOf(model).filter((a) => !(isJsonObject(a) && a['alias_name'] === alias));
  if (method === 'PUT') {
    const parsed = parseJson(body);
    const number = parsed.ok && isJsonObject(parsed.value) ? parsed.value['version_num'] : undefined;
    if (typeof number !== 'number' || (await versionOf(String(number))) === undefined)
      return fault(404, 'RESOURCE_DOES_NOT_EXIST', `Model version '${full}/${idOf(number)}' does not exist.`);
    await setAliases(deps, model, [...others, { alias_name: alias, version_num: number }]);
    return good({ alias_name: alias, version_num: number });
  }
  if (method === 'DELETE') {
    await setAliases(deps, model, others);
    return good({});
  }
  const found = aliasesOf(model).find((a) => isJsonObject(a) && a['alias_name'] === alias);
  const version = isJsonObject(found) ? await versionOf(idOf(found['version_num'])) : undefined;
  return version === undefined
    ? fault(404, 'RESOURCE_DOES_NOT_EXIST', `Alias '${alias}' does not exist.`)
    : good(version);
};
