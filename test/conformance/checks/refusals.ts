import type { Check } from '../check.ts';
import { see, type Stage } from '../stage.ts';

const named = (stage: Stage, table: string): string => `${stage.catalog}.${stage.schema}.${table}`;

/** A statement that is refused, as class and SQLSTATE. */
const refused = (
  id: string,
  about: string,
  text: (stage: Stage) => string,
  errorClass: string,
  sqlState: string,
): Check => ({
  id,
  about,
  observe: (stage) => see(stage, text(stage)),
  expected: { errorClass, sqlState },
});

/** What is not there, and what is no SQL: the error classes by which Breakwater tells one failure from another. */
export const refusalChecks: readonly Check[] = [
  refused(
    'errors.table',
    'a table that is not there',
    (s) => `SELECT 1 AS a FROM ${named(s, 'nowhere')}`,
    'TABLE_OR_VIEW_NOT_FOUND',
    '42P01',
  ),
  refused(
    'errors.schema',
    'a schema that is not there',
    (s) => `SELECT 1 AS a FROM ${s.catalog}.nowhere.nothing`,
    'TABLE_OR_VIEW_NOT_FOUND',
    '42P01',
  ),
  refused(
    'errors.detail',
    'DESCRIBE DETAIL of a table that is not there',
    (s) => `DESCRIBE DETAIL ${named(s, 'nowhere')}`,
    'TABLE_OR_VIEW_NOT_FOUND',
    '42P01',
  ),
  refused(
    'errors.history',
    'DESCRIBE HISTORY of a table that is not there',
    (s) => `DESCRIBE HISTORY ${named(s, 'nowhere')} LIMIT 1`,
    'TABLE_OR_VIEW_NOT_FOUND',
    '42P01',
  ),
  refused(
    'errors.insert',
    'INSERT into a table that is not there',
    (s) => `INSERT INTO ${named(s, 'nowhere')} VALUES (1)`,
    'TABLE_OR_VIEW_NOT_FOUND',
    '42P01',
  ),
  refused(
    'errors.make-table',
    'CREATE TABLE in a schema that is not there',
    (s) => `CREATE TABLE IF NOT EXISTS ${s.catalog}.nowhere.nothing (a INT) USING DELTA`,
    'SCHEMA_NOT_FOUND',
    '42704',
  ),
  refused(
    'errors.column',
    'a column that is not there',
    () => 'SELECT nope FROM (SELECT 1 AS a) AS t',
    'UNRESOLVED_COLUMN.WITH_SUGGESTION',
    '42703',
  ),
  refused(
    'errors.field',
    'a field of a struct that is not there',
    () => "SELECT s.nope AS a FROM (SELECT named_struct('a', 1) AS s) AS t",
    'FIELD_NOT_FOUND',
    '42704',
  ),
  refused('errors.syntax', 'what is no SQL', () => 'SELEC 1', 'PARSE_SYNTAX_ERROR', '42601'),
  refused(
    'errors.function',
    'a function that is not there',
    () => 'SELECT no_such_function(1) AS a',
    'UNRESOLVED_ROUTINE',
    '42883',
  ),
  refused('errors.cast', 'text that is no number', () => "SELECT CAST('x' AS INT) AS a", 'CAST_INVALID_INPUT', '22018'),
  refused(
    'errors.parameter',
    'a parameter that was not given',
    () => 'SELECT :missing AS a',
    'UNBOUND_SQL_PARAMETER',
    '42P02',
  ),
];
