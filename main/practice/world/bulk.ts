import type { JsonValue } from '../../../shared/base/json.ts';
import { mapLiteral, storageDdl, type Commit, type Lake, type NewTable, type Write } from '../duck/lake.ts';
import { duckType, jsonStructure, quoteText } from '../duck/sql-types.ts';
import { columnsAt, storage, type Table } from '../duck/table.ts';
import type { Alteration } from '../duck/statements.ts';
import { alterTable } from '../duck/commands.ts';

export type Row = Readonly<Record<string, JsonValue>>;
/** RFC 3339 without zone, as the lake keeps times. */
export const stamp = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * A table being told from its beginning: versions and rows are collected in memory and written in two statements, because a world
 * has thousands of versions and one transaction each would take minutes.
 */
export class Telling {
  table: Table;
  readonly #history: { readonly version: number; readonly commit: Commit }[] = [];
  readonly #rows: Record<string, JsonValue>[] = [];

  constructor(lake: Lake, spec: NewTable & { readonly createdAt: number }) {
    this.table = lake.newTable(spec);
    this.#history.push({
      version: 0,
      commit: {
        user: spec.owner,
        operation: 'CREATE TABLE',
        at: spec.createdAt,
        parameters: { isManaged: 'true', partitionBy: '[]', properties: JSON.stringify(spec.properties ?? {}) },
      },
    });
  }

  append(at: number, user: string, rows: readonly Row[], operation = 'WRITE'): void {
    const version = this.table.version + 1;
    this.table = { ...this.table, version, versionAt: at };
    const columns = columnsAt(this.table);
    for (const row of rows)
      this.#rows.push({
        ...Object.fromEntries(columns.map((c) => [c.physical, row[c.name] ?? null])),
        __added: version,
      });
    const parameters: Record<string, string> =
      operation === 'MERGE'
        ? { predicate: '["(t.id = s.id)"]', matchedPredicates: '[]' }
        : { mode: 'Append', partitionBy: '[]' };
    const metrics: Record<string, string> =
      operation === 'MERGE'
        ? { numTargetRowsInserted: String(rows.length), numTargetRowsUpdated: '0', numOutputRows: String(rows.length) }
        : { numFiles: '1', numOutputRows: String(rows.length) };
    this.#history.push({
      version,
      commit: { user, operation, at, parameters, metrics, isBlindAppend: operation !== 'MERGE' },
    });
  }

  async alter(at: number, user: string, change: Alteration): Promise<void> {
    const done = await alterTable(this.table, change, () => Promise.resolve());
    this.table = { ...done.table, versionAt: at, alteredAt: at };
    this.#history.push({
      version: this.table.version,
      commit: { user, operation: done.operation, at, parameters: done.parameters },
    });
  }

  async write(write: Write): Promise<void> {
    await write.run(storageDdl(this.table));
    await insertRows(write, this.table, this.#rows);
    const values = this.#history.map(
      ({ version, commit: c }) =>
        `(${this.table.key}, ${version}, make_timestamp(${Math.round((c.at ?? 0) * 1000)}::BIGINT), ${quoteText(c.user)}, ${quoteText(c.operation)}, ${mapLiteral(c.parameters ?? {})}, ${mapLiteral(c.metrics ?? {})}, ${c.isBlindAppend ?? false})`,
    );
    await write.run(`INSERT INTO bw.history VALUES ${values.join(', ')}`);
    await write.save(this.table);
  }
}

/** Rows keyed by storage column (and `__added`) into the storage of a table. */
const insertRows = async (
  write: Write,
  table: Table,
  rows: readonly Readonly<Record<string, JsonValue>>[],
): Promise<void> => {
  if (rows.length === 0) return;
  const columns = [...new Map(table.schemas.flatMap((s) => s.columns).map((c) => [c.physical, c])).values()];
  const structure = [
    { ...Object.fromEntries(columns.map((c) => [c.physical, jsonStructure(c.type)])), __added: 'BIGINT' },
  ];
  const names = columns.map((c) => c.physical);
  await write.run(
    `INSERT INTO ${storage(table)}(${names.join(', ')}, __row_id, __rcv, __added)
     SELECT ${columns.map((c) => `CAST(r.${c.physical} AS ${duckType(c.type)})`).join(', ')}, nextval('bw.row_ids'), r.__added, r.__added
     FROM (SELECT unnest(from_json($rows::JSON, ${quoteText(JSON.stringify(structure))})) AS r)`,
    { rows: JSON.stringify(rows) },
  );
};

/** Append rows as one new version of an existing table, through the same door that every writer takes. */
export const appendVersion = async (
  lake: Lake,
  write: Write,
  name: readonly string[],
  user: string,
  rows: readonly Row[],
): Promise<void> => {
  if (rows.length === 0) return;
  const old = lake.table(name);
  const table: Table = { ...old, version: old.version + 1 };
  const columns = columnsAt(table);
  await insertRows(
    write,
    table,
    rows.map((row) => ({
      ...Object.fromEntries(columns.map((c) => [c.physical, row[c.name] ?? null])),
      __added: table.version,
    })),
  );
  await write.commit(table, {
    user,
    operation: 'WRITE',
    parameters: { mode: 'Append', partitionBy: '[]' },
    metrics: { numFiles: '1', numOutputRows: String(rows.length) },
    isBlindAppend: true,
  });
};
