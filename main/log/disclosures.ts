import { isJsonObject, parseJson, type JsonValue } from '../../shared/base/json.ts';
import type { RandomBytes } from '../../shared/base/time.ts';
import { sha256Url, toBase64Url } from './digest.ts';
import { isSealed } from './line.ts';
import { unambiguousJson } from './strict-json.ts';

/** One field told beside the line: `text` = b64url(JSON[salt128, name, value]), named in the line by its digest. */
export type Disclosure = { readonly text: string; readonly digest: string };
export type Told = { readonly name: string; readonly value: JsonValue };

export const disclose = (name: string, value: JsonValue, random: RandomBytes): Disclosure => {
  const text = Buffer.from(JSON.stringify([toBase64Url(random(16)), name, value])).toString('base64url');
  return { text, digest: sha256Url(text) };
};

/** What a disclosure says; null when it is sealed or not what its author should have written. Never throws. */
export const readDisclosure = (text: string): Told | null => {
  if (isSealed(text)) return null;
  const json = Buffer.from(text, 'base64url').toString('utf8');
  const parsed = parseJson(json);
  if (!parsed.ok || !Array.isArray(parsed.value)) return null;
  const [salt, name, value] = parsed.value as readonly JsonValue[];
  if (typeof salt !== 'string' || typeof name !== 'string' || value === undefined || parsed.value.length !== 3)
    return null;
  return unambiguousJson(json, parsed.value) ? { name, value } : null;
};

/** The stored JSON array of disclosures. */
export const parseStored = (d: string): readonly string[] => (d === '[]' ? [] : (JSON.parse(d) as readonly string[]));

/**
 * Make a value fit the format: text well-formed, integers above 2^53 and decimals as strings, no -0. What JSON has no
 * word for (undefined, functions) cannot come through the types.
 */
export const normalise = (value: JsonValue): JsonValue => {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value + 0;
    // BigInt prints every digit of the number that was meant; String would round.
    return Number.isInteger(value) ? BigInt(value).toString() : String(value);
  }
  if (Array.isArray(value)) return value.map(normalise);
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toWellFormed(), normalise(inner)]));
  }
  return value;
};
