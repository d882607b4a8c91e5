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

const isIds = (value: JsonValue): boolean =>
  Array.isArray(value) && value.every((id) => typeof id === 'string' && id.length > 0 && id.length <= 1000);

/** True when a value is what the registry says of its field. Says nothing about whether it may be clear. */
export const fitsField = (value: JsonValue, spec: FieldSpec): boolean => {
  switch (spec.kind) {
    case 'text':
      return typeof value === 'string';
    case 'enum':
      return typeof value === 'string' && (spec.values ?? []).includes(value);
    case 'id':
      return typeof value === 'string' && value.length > 0 && value.length <= 1000;
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
