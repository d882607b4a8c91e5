import { err, ok, type Result } from '../../shared/base/result.ts';
import type { JsonValue } from '../../shared/base/json.ts';

/**
 * JSON.parse that keeps what a double cannot: whole numbers beyond 2^53 become text. Ids in the jobs API are int64 numbers
 * (facts/databricks.md, top). Uses the reviver's `source`, which Node has since 21.
 */
export const parseExact = (text: string): Result<JsonValue, 'not-json'> => {
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? (context?.source ?? String(value))
      : value;
  try {
    return ok(JSON.parse(text, revive) as JsonValue);
  } catch {
    return err('not-json');
  }
};
