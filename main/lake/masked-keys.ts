import { quoteTable, type TableName } from '../databricks/identifiers.ts';
import type { TextRow, Warehouse } from '../databricks/port.ts';
import { probeShown } from '../databricks/probe-shown.ts';
import { anHour, type CollectContext } from './collector.ts';
import { beneath } from './counted-workspace.ts';
import { isMasked } from './rows.ts';

/** What was seen of a table's keys, per warehouse: rights change rarely, and asking costs a statement each time. */
type Seen = { readonly at: number; readonly forMs: number; readonly masked: readonly string[] };
const looked = new WeakMap<Warehouse, Map<string, Seen>>();
const openForMs = 24 * anHour;
/** What may soon be otherwise: a mask that was seen, or that the question itself failed. */
const soonMs = anHour / 4;

/** What a question stands on: columns that every row has, and those of conditions, which may be NULL. */
export type Keys = { readonly table: TableName; readonly always: readonly string[]; readonly asked: readonly string[] };
/**
 * Of the columns by which a question asks for rows, those that this user is shown masked. A mask changes what conditions compare as
 * well: rows are missing then without a word, so an answer without rows is looked into, once a day where nothing is masked. What every
 * row has counts as masked where it is NULL in all of them. `lacking`: columns that the table lacks.
 */
export const maskedKeys = async (
  context: CollectContext,
  { table, always, asked }: Keys,
  lacking: readonly string[],
): Promise<readonly string[]> => {
  // Nobody can put a mask on a view of information_schema: what is empty there is empty.
  if (table.schema.toLowerCase() === 'information_schema') return [];
  const names = [...new Set([...always, ...asked])].filter((name) => !lacking.includes(name));
  if (names.length === 0) return [];
  const line = beneath(context.workspace.warehouse);
  const known = looked.get(line) ?? new Map<string, Seen>();
  looked.set(line, known);
  const key = `${quoteTable(table)} ${names.join()}`;
  const before = known.get(key);
  const age = before === undefined ? -1 : context.clock.now() - before.at;
  if (before !== undefined && age >= 0 && age < before.forMs) return before.masked;
  const found = await probeShown(context.workspace.warehouse, table, names, context.options);
  // The rows themselves were answered: what only this question could not tell costs nothing else.
  const masked = found.ok ? names.filter((name) => isHidden(found.value, name, always.includes(name))) : [];
  // One that somebody took back would have been answered.
  if (found.ok || found.error.tag !== 'Cancelled')
    known.set(key, { at: context.clock.now(), forMs: found.ok && masked.length === 0 ? openForMs : soonMs, masked });
  return masked;
};

const isHidden = (rows: readonly TextRow[], name: string, isAlways: boolean): boolean =>
  rows.some((row) => isMasked(row[name])) || (isAlways && rows.length > 0 && rows.every((row) => row[name] === null));

export const maskedName = (name: string): string => `${name} (masked)`;
/** Why an answer without rows says nothing, in a sentence. */
export const maskedWords = (names: readonly string[]): string =>
  `Not complete: ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} masked for this user, and rows are asked for by ${names.length === 1 ? 'it' : 'them'}.`;
/** Rows came, and nothing says when they happened. */
export const timeless = 'Not complete: when its rows happened cannot be read, so nothing says how far it was read.';
/** Whether the moments of rows are hidden: one of them is masked, or none can be read. */
export const isTimeless = (rows: readonly TextRow[], order: string, newest: string | null): boolean =>
  rows.length > 0 && (newest === null || rows.some((row) => isMasked(row[order])));
