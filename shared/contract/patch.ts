import type { JsonObject, JsonValue } from '../base/json.ts';
import { isJsonObject } from '../base/json.ts';
import type { Patch, RowPatch } from './wire.ts';

/** The key of a row in a list, or null when the value is no row. */
const rowKey = (value: JsonValue): string | null => {
  if (!isJsonObject(value)) return null;
  const key = value['id'] ?? value['hash'] ?? value['log'];
  return typeof key === 'string' ? key : null;
};

const keysOf = (value: JsonValue | undefined): readonly string[] | null => {
  if (!Array.isArray(value)) return null;
  const keys: string[] = [];
  for (const row of value as readonly JsonValue[]) {
    const key = rowKey(row);
    if (key === null) return null;
    keys.push(key);
  }
  return new Set(keys).size === keys.length ? keys : null;
};

const same = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);

const rowsDiff = (before: readonly JsonValue[], after: readonly JsonValue[], keys: readonly string[]): RowPatch => {
  const old = new Map(before.map((row) => [rowKey(row), row] as const));
  const put = after.filter((row) => !same(old.get(rowKey(row)), row));
  const present = new Set<string | null>(keys);
  const gone = [...old.keys()].filter((key): key is string => key !== null && !present.has(key));
  const moved = keys.length !== before.length || keys.some((key, at) => rowKey(before[at] ?? null) !== key);
  return { ...(put.length ? { put } : {}), ...(gone.length ? { gone } : {}), ...(moved ? { order: keys } : {}) };
};

/** What changed from one answer to the next; null when nothing did. Both are plain JSON objects. */
export const diff = (before: JsonObject, after: JsonObject): Patch | null => {
  const set: Record<string, JsonValue> = {};
  const rows: Record<string, RowPatch> = {};
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (same(old, value)) continue;
    const keys = keysOf(value);
    if (keys !== null && keys.length > 0 && keysOf(old) !== null) {
      rows[key] = rowsDiff(old as readonly JsonValue[], value as readonly JsonValue[], keys);
    } else set[key] = value;
  }
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const patch: Patch = {
    ...(Object.keys(set).length ? { set } : {}),
    ...(gone.length ? { gone } : {}),
    ...(Object.keys(rows).length ? { rows } : {}),
  };
  return Object.keys(patch).length ? patch : null;
};

/** The answer after a patch; `apply(a, diff(a, b))` equals `b`. */
export const apply = (before: JsonObject, patch: Patch): JsonObject => {
  const after: Record<string, JsonValue> = { ...before, ...patch.set };
  for (const key of patch.gone ?? []) delete after[key];
  for (const [key, change] of Object.entries(patch.rows ?? {})) {
    const old = (before[key] ?? []) as readonly JsonValue[];
    const byKey = new Map(old.map((row) => [rowKey(row), row] as const));
    for (const row of change.put ?? []) byKey.set(rowKey(row), row);
    const order = change.order ?? old.map(rowKey);
    after[key] = order.map((name) => byKey.get(name)).filter((row): row is JsonValue => row !== undefined);
  }
  return after;
};
