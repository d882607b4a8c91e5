import { isJsonObject, parseJson, type JsonObject } from '../../../shared/base/json.ts';

/** What one change of rights gave and took: by principal, as the audit log says it (facts 3.6 for the shape of `changes`). */
export type GrantChange = {
  readonly principal: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
};

/** Actions that change who may do what. */
export const grantActions: ReadonlySet<string> = new Set(['updatePermissions', 'changeJobAcl']);

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string').slice(0, 50) : [];

/** From `changes` (Unity Catalog) or the ACL of a job; empty where the log says only that something changed. */
export const grantChanges = (params: JsonObject): readonly GrantChange[] => {
  const { changes, aclPermissionSet: level, targetUserId: user } = params;
  if (typeof level === 'string' && level !== '')
    return [
      { principal: typeof user === 'string' && user !== '' ? `user ${user}` : 'somebody', add: [level], remove: [] },
    ];
  const parsed = typeof changes === 'string' ? parseJson(changes) : null;
  if (parsed === null || !parsed.ok || !Array.isArray(parsed.value)) return [];
  return parsed.value.flatMap((one): GrantChange[] => {
    if (!isJsonObject(one)) return [];
    const { principal } = one;
    return typeof principal === 'string' && principal !== ''
      ? [{ principal: principal.slice(0, 200), add: strings(one['add']), remove: strings(one['remove']) }]
      : [];
  });
};

const listed = (privileges: readonly string[]): string => privileges.map((one) => one.replaceAll('_', ' ')).join(', ');

/** "SELECT on prices given to analysts", "MODIFY on prices taken from bi-robot". */
export const grantTitle = (changes: readonly GrantChange[], on: string): string => {
  const words = changes.flatMap(({ principal, add, remove }) => [
    ...(add.length === 0 ? [] : [`${listed(add)} on ${on} given to ${principal}`]),
    ...(remove.length === 0 ? [] : [`${listed(remove)} on ${on} taken from ${principal}`]),
  ]);
  const [first, second, ...more] = words;
  if (first === undefined) return `Rights on ${on} changed`;
  return second === undefined
    ? first
    : more.length === 0
      ? `${first}; ${second}`
      : `${first}; and ${words.length - 1} more changes`;
};
