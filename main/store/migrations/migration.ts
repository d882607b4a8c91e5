import type { MigrationDb } from '../migrate.ts';

/** One numbered step of the schema. Never edited once it has shipped; a change is a new number. */
export type Migration = { readonly version: number; readonly name: string; readonly up: (db: MigrationDb) => void };
