import { assert } from '../../shared/base/assert.ts';
import type { Migration, MigrationDb } from './migrations/migration.ts';

/** Newest schema version that this build knows. */
export const newestVersion = (migrations: readonly Migration[]): number => migrations.at(-1)?.version ?? 0;

/** Numbers must rise: a migration that slips in below another would never run on existing files. */
export const assertMonotonic = (migrations: readonly Migration[]): void => {
  let before = 0;
  for (const { version, name } of migrations) {
    assert(Number.isInteger(version) && version > before, `migration ${version}-${name} must come after ${before}`);
    before = version;
  }
};

type MigrateDb = MigrationDb & { readonly userVersion: () => number };

/** Run the missing migrations, each in one transaction with its `user_version`. Throws what SQLite throws; then rolled back. */
export const migrate = (db: MigrateDb, migrations: readonly Migration[]): void => {
  assertMonotonic(migrations);
  for (const { version, up } of migrations) {
    if (version <= db.userVersion()) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      up({ exec: db.exec });
      db.exec(`PRAGMA user_version = ${version}`);
      db.exec('COMMIT');
    } catch (thrown) {
      db.exec('ROLLBACK');
      throw thrown;
    }
  }
};
