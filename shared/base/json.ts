import { err, ok, type Result } from './result.ts';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** Parse text that came from outside. Never throws. */
export const parseJson = (text: string): Result<JsonValue, 'not-json'> => {
  try {
    return ok(JSON.parse(text) as JsonValue);
  } catch {
    return err('not-json');
  }
};

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
