import { migration0010 } from './0010-log.ts';
import { migration0020 } from './0020-projections.ts';
import { migration0030 } from './0030-sync.ts';
import { migration0040 } from './0040-lake.ts';
import { migration0050 } from './0050-detect.ts';
import { migration0060 } from './0060-profile.ts';
import { migration0070 } from './0070-regions.ts';
import { migration0080 } from './0080-pack.ts';
import { migration0090 } from './0090-lake-numbers.ts';
import { migration0100 } from './0100-pack-kept.ts';
import { migration0110 } from './0110-pack-lost.ts';
import type { Migration } from './migration.ts';

/**
 * All migrations, in order; `migrate` asserts that the numbers rise. A table family adds its file and its line here.
 * Each is `export const migrationNNNN: Migration = { version, name, up }`.
 */
export const migrations: readonly Migration[] = [
  migration0010,
  migration0020,
  migration0030,
  migration0040,
  migration0050,
  migration0060,
  migration0070,
  migration0080,
  migration0090,
  migration0100,
  migration0110,
];
