import { quoteColumn, quoteTable, type TableName } from './identifiers.ts';
import type { Parameter, Statement } from './port.ts';

/**
 * SQL text for Databricks is made by this template only: `${…}` takes a name (printed by identifiers.ts), another piece, a
 * list of pieces (joined by commas) or a whole number. A string does not fit: values are named parameters.
 */
export type Piece = { readonly text: string; readonly [piece]: true };
declare const piece: unique symbol;
export type Part = Piece | TableName | readonly Piece[] | number;

const made = (text: string): Piece => ({ text }) as Piece;

const print = (part: Part): string => {
  if (typeof part === 'number') {
    if (!Number.isSafeInteger(part)) throw new RangeError('only whole numbers are printed into SQL');
    return String(part);
  }
  if ('catalog' in part) return quoteTable(part);
  return 'text' in part ? part.text : part.map((one) => one.text).join(', ');
};

export const dbx = (strings: TemplateStringsArray, ...parts: readonly Part[]): Piece =>
  made(strings.reduce((text, string, i) => text + (i === 0 ? '' : print(parts[i - 1] ?? 0)) + string, ''));

/** A column's name as a piece. */
export const column = (name: string): Piece => made(quoteColumn(name));
/** `:name`, the place of a parameter whose name is chosen at run time; fixed ones are written in the text. */
export const marker = (name: string): Piece => {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new RangeError('a parameter has a plain name');
  return made(`:${name}`);
};
/** A UUID as a literal, for a function that takes no parameter; null when it is none, and nothing may be asked with it. */
export const uuidLiteral = (text: string): Piece | null =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text) ? made(`'${text}'`) : null;
/** `expression AS name`. */
export const named = (expression: Piece, name: string): Piece => made(`${expression.text} AS ${quoteColumn(name)}`);
/** Pieces joined by AND; no pieces = TRUE. */
export const all = (pieces: readonly Piece[]): Piece =>
  made(pieces.length === 0 ? 'TRUE' : pieces.map((one) => `(${one.text})`).join(' AND '));

/** The kinds of statement that Breakwater sends, as data: what is listed nowhere is sent by nobody. */
export type StatementKind = {
  readonly name: string;
  readonly effect: 'read' | 'write';
  /** What it asks for, for the ledger of what leaves this machine and for whoever grants rights. */
  readonly purpose: string;
};

const registry = new Map<string, StatementKind>();

/** All kinds that the loaded rooms have declared, by name. */
export const statementKinds = (): readonly StatementKind[] =>
  [...registry.values()].sort((a, b) => a.name.localeCompare(b.name));

/** Declare a kind once, at module level; the returned function makes statements of it. */
export const statementKind = (name: string, effect: 'read' | 'write', purpose: string): StatementMaker => {
  if (registry.has(name)) throw new Error(`statement ${name} is declared twice`);
  registry.set(name, { name, effect, purpose });
  return (text, parameters) => ({ name, text: text.text, effect, ...(parameters === undefined ? {} : { parameters }) });
};
export type StatementMaker = (text: Piece, parameters?: Readonly<Record<string, Parameter>>) => Statement;
