/** What a migration may do: run SQL text that is a constant of this program. */
export type MigrationDb = { readonly exec: (sqlText: string) => void };
