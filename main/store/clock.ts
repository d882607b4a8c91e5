import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** Table `clock`: the hybrid logical clock and the epoch counter (+1 per user transaction) of this profile. */
export const readHlc = (db: ReadableDb): string =>
  (db.first<{ hlc: string }>(sql`SELECT hlc FROM clock WHERE id = 1`) as { hlc: string }).hlc;

export const writeHlc = (db: WritableDb, hlc: string): void => {
  db.run(sql`UPDATE clock SET hlc = ${hlc} WHERE id = 1`);
};

export const readEpoch = (db: ReadableDb): number =>
  (db.first<{ epoch: number }>(sql`SELECT epoch FROM clock WHERE id = 1`) as { epoch: number }).epoch;

export const writeEpoch = (db: WritableDb, epoch: number): void => {
  db.run(sql`UPDATE clock SET epoch = ${epoch} WHERE id = 1`);
};
