import { isJsonObject } from '../../shared/base/json.ts';
import type { FactId } from '../../shared/domain/ids.ts';
import { factById } from '../store/lake.ts';
import { factId } from './assets.ts';
import type { CollectContext } from './collector.ts';
import { factOf } from './fact-rows.ts';
import { said } from './values.ts';

/** Names and values of tags by which organisations mark personal data, compared in lower case. */
export const personalWords = ['pii', 'phi', 'personal', 'personal_data', 'personal data', 'gdpr', 'sensitive'] as const;
const words: ReadonlySet<string> = new Set(personalWords);

/**
 * Whether a column's tag says that it holds personal data: a system tag of data classification (`class.name`, `class.email_address` …:
 * Databricks' own classes), or a tag of the organisation that is named, or valued, by one of the usual words.
 */
export const isPersonalTag = (name: string, value: string | null): boolean =>
  name.toLowerCase().startsWith('class.') || [name, value ?? ''].some((one) => words.has(one.trim().toLowerCase()));

/** A column that is tagged as personal data; names in lower case. */
export type PersonalColumn = {
  readonly table: string;
  readonly column: string;
  readonly tag: string;
  readonly value: string | null;
};

/** The fact that holds all columns of a metastore that are tagged as personal data. */
export const personalColumnsId = (metastoreId: string): FactId => factId('settings', metastoreId, 'personal-columns');

const read = new WeakMap<CollectContext, readonly PersonalColumn[]>();

/** Columns tagged as personal data, as last read; empty when nothing was read yet. Looked up once for each pull. */
export const personalColumns = (context: CollectContext): readonly PersonalColumn[] => {
  const known = read.get(context);
  if (known !== undefined) return known;
  const row = factById(context.db, personalColumnsId(context.metastoreId));
  const items = row === undefined ? null : factOf(row).data['items'];
  const columns = (Array.isArray(items) ? items : []).flatMap((one): PersonalColumn[] =>
    isJsonObject(one)
      ? [{ table: said(one['table']), column: said(one['column']), tag: said(one['tag']), value: said(one['value']) || null }]
      : [],
  ); // prettier-ignore
  read.set(context, columns);
  return columns;
};

/** Tables with personal columns that a right on `securable` (a catalog, schema or table) reaches, sorted; of those that are known. */
export const personalTablesIn = (context: CollectContext, securable: string): readonly string[] =>
  tablesIn(personalColumns(context), securable);
/** The same of these columns. */
export const tablesIn = (columns: readonly PersonalColumn[], securable: string): readonly string[] => {
  const name = securable.toLowerCase();
  const tables = columns.map(({ table }) => table);
  return [...new Set(tables.filter((table) => table === name || table.startsWith(`${name}.`)))].sort();
};
