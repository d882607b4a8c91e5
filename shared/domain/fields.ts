import { isJsonObject, type JsonObject, type JsonValue } from '../base/json.ts';
import { isInstant } from '../base/time.ts';
import type { EventTypeSpec, FieldSpec } from './event-types.ts';
import { isEventHash } from './ids.ts';

/** A blob as a field names it (event-format section 5): digest, size and media type of the plaintext. */
export type BlobField = { readonly sha256: string; readonly size: number; readonly media: string };

export const isBlobField = (value: JsonValue | undefined): value is JsonObject & BlobField =>
  isJsonObject(value) &&
  isEventHash(value['sha256']) &&
  Number.isSafeInteger(value['size']) &&
  Number(value['size']) >= 0 &&
  typeof value['media'] === 'string';

/**
 * Longest id, in UTF-16 units: a column's holds four names of 255 characters (facts/security.md 3.2) of up to two units each, a fact's
 * what it is about besides, that of an edge on the map both its ends. A line of 32 KiB bounds all of an event.
 */
export const longestId = 6_000;

const isId = (value: JsonValue): boolean => typeof value === 'string' && value.length > 0 && value.length <= longestId;
const isIds = (value: JsonValue): boolean => Array.isArray(value) && value.every(isId);

/** True when a value is what the registry says of its field. Says nothing about whether it may be clear. */
export const fitsField = (value: JsonValue, spec: FieldSpec): boolean => {
  switch (spec.kind) {
    case 'text':
      return typeof value === 'string';
    case 'enum':
      return typeof value === 'string' && (spec.values ?? []).includes(value);
    case 'id':
      return isId(value);
    case 'ids':
      return isIds(value);
    case 'hash':
      return isEventHash(value);
    case 'time':
      return isInstant(value);
    case 'integer':
      return Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,40}$/.test(value));
    case 'json':
      return true;
    case 'blob':
      return isBlobField(value);
    case 'map':
      return isJsonObject(value);
  }
};

/**
 * Name of the first clear field of an event that is missing or does not fit, or null. Only clear fields are looked at: what
 * an event does must not change when a disclosure is withheld or redacted.
 */
export const clearProblem = (spec: EventTypeSpec, c: JsonObject): string | null => {
  for (const name in spec.fields) {
    const field = spec.fields[name];
    if (field === undefined || !field.clear) continue;
    const value = Object.hasOwn(c, name) ? c[name] : undefined;
    if (value === undefined) {
      if (!field.optional) return name;
    } else if (!fitsField(value, field)) return name;
  }
  return null;
};
