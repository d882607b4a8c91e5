/** What a migration may do: run SQL text that is a constant of this program. */
export type MigrationDb = { readonly exec: (sqlText: string) => void };

/** One numbered step of the schema. Never edited once it has shipped; a change is a new number. */
export type Migration = { readonly version: number; readonly name: string; readonly up: (db: MigrationDb) => void };
