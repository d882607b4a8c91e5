import { err, ok, type Result } from '../../shared/base/result.ts';
import { databricksFailure } from './failures.ts';
import type { DatabricksFailure, TextRow } from './port.ts';

const bad = (detail: string): Result<never, DatabricksFailure> =>
  err(
    databricksFailure('BadAnswer', {
      detail,
      advice: 'Report it with the name of the statement; nothing of this answer was stored.',
    }),
  );

/**
 * One value as text. The driver's column results make numbers of BIGINT, DOUBLE and DECIMAL and objects of complex types
 * (facts 5.5); statements cast what could lose digits, and a number that has lost them is refused here, not stored.
 */
const cell = (value: unknown, name: string): Result<string | null, DatabricksFailure> => {
  if (value === null) return ok(null);
  if (typeof value === 'string') return ok(value);
  if (typeof value === 'boolean' || typeof value === 'bigint') return ok(String(value));
  if (typeof value === 'number') {
    if (!Number.isFinite(value) && !Number.isNaN(value))
      return bad(`Column "${name}" holds a number that lost its digits.`);
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return bad(`Column "${name}" holds a number that lost its digits.`);
    return ok(String(value));
  }
  if (value instanceof Date) return ok(value.toISOString());
  if (value instanceof Uint8Array) return ok(Buffer.from(value).toString('base64'));
  if (typeof value === 'object') return ok(JSON.stringify(value));
  return bad(`Column "${name}" has no value where a row has one: the answer is cut off.`);
};

/**
 * The driver's rows (plain objects) as rows of text; a row that lacks one of the columns means a truncated answer. The driver keeps
 * nothing of what it hands over, so its rows become ours as they are, without a copy: a bulk pull brings half a million of them.
 */
export const textRows = (rows: object[], columns: readonly string[]): Result<TextRow[], DatabricksFailure> => {
  for (const row of rows) {
    const fields = row as Record<string, unknown>;
    for (const name of columns) {
      const value = fields[name];
      // Nearly all of them: our statements cast to text. What a plain object inherits is neither text nor null.
      if (typeof value === 'string' || value === null) continue;
      const converted = cell(Object.hasOwn(fields, name) ? value : undefined, name);
      if (!converted.ok) return converted;
      fields[name] = converted.value;
    }
  }
  return ok(rows as TextRow[]);
};

/** Names of columns, refused when two are equal: the driver keeps one value per name and would lose the other. */
export const distinctColumns = (names: readonly string[]): Result<readonly string[], DatabricksFailure> =>
  new Set(names).size === names.length ? ok(names) : bad('Two columns of the answer have the same name.');
