import { thrownText } from '../../../shared/base/failure.ts';
import { EngineError } from '../engine-port.ts';

/** What DuckDB says → the class and SQLSTATE that Databricks uses for it (spark.md 7). First match wins. */
const rules: readonly (readonly [RegExp, string, string])[] = [
  // A table without row tracking, and a field that a struct lacks: both are fields, not columns.
  [/"_metadata" not found|column "_metadata"|Could not find key/i, 'FIELD_NOT_FOUND', '42704'],
  [
    /Table with name|Table Function with name|Catalog "[^"]*" does not exist|schema .* does not exist/i,
    'TABLE_OR_VIEW_NOT_FOUND',
    '42P01',
  ],
  [
    /Referenced column|does not have a column named|column .* not found|Referenced table .* not found/i,
    'UNRESOLVED_COLUMN.WITH_SUGGESTION',
    '42703',
  ],
  [/Function with name|Macro .* does not exist/i, 'UNRESOLVED_ROUTINE', '42883'],
  [/Parser Error/i, 'PARSE_SYNTAX_ERROR', '42601'],
  [/Ambiguous reference/i, 'AMBIGUOUS_REFERENCE', '42704'],
  [/GROUP BY/i, 'MISSING_AGGREGATION', '42803'],
  [/columns available but|has \d+ columns/i, 'ASSIGNMENT_ARITY_MISMATCH', '42802'],
  [/^(?:Error: )?Conversion Error/i, 'CAST_INVALID_INPUT', '22018'],
  [/^(?:Error: )?Out of Range Error|overflow/i, 'ARITHMETIC_OVERFLOW', '22003'],
  [/No function matches|Cannot compare|type mismatch|Cannot mix/i, 'DATATYPE_MISMATCH', '42K09'],
  [/^(?:Error: )?Not implemen\w+ Error/i, 'UNSUPPORTED_FEATURE', '0A000'],
];

/** Our own `error('[CLASS] text SQLSTATE: x')` raised inside a DuckDB statement comes back wrapped in DuckDB's words. */
const own = /\[([A-Z][A-Z0-9_.]+)\] (.*) SQLSTATE: ([0-9A-Z]{5})/s;

export const toEngineError = (thrown: unknown): EngineError => {
  if (thrown instanceof EngineError) return thrown;
  const text = thrownText(thrown);
  if (/INTERRUPT/i.test(text)) return canceled();
  const ours = own.exec(text);
  if (ours !== null) return new EngineError(ours[1] ?? '', ours[3] ?? '', ours[2] ?? '');
  const firstLines = text.replace(/^Error: /, '').split('\n\n')[0] ?? text;
  for (const [pattern, errorClass, sqlState] of rules)
    if (pattern.test(text)) return new EngineError(errorClass, sqlState, firstLines);
  return new EngineError('INTERNAL_ERROR', 'XX000', firstLines);
};

export const canceled = (): EngineError =>
  new EngineError('OPERATION_CANCELED', 'HY008', 'Operation has been canceled.', 'CANCELED');

export const syntaxError = (near: string): EngineError =>
  new EngineError('PARSE_SYNTAX_ERROR', '42601', `Syntax error at or near ${near}.`);

export const tableNotFound = (name: string): EngineError =>
  new EngineError(
    'TABLE_OR_VIEW_NOT_FOUND',
    '42P01',
    `The table or view ${name} cannot be found. Verify the spelling and correctness of the schema and catalog.`,
  );

export const columnNotFound = (name: string, candidates: readonly string[]): EngineError =>
  new EngineError(
    'UNRESOLVED_COLUMN.WITH_SUGGESTION',
    '42703',
    `A column, variable, or function parameter with name \`${name}\` cannot be resolved. Did you mean one of the following? [${candidates
      .slice(0, 5)
      .map((c) => `\`${c}\``)
      .join(', ')}].`,
  );
