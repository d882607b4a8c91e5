import { parseJson, type JsonValue } from '../../shared/base/json.ts';
import type { ReadableDb, WritableDb } from './port.ts';
import { sql } from './sql.ts';

/** A setting of this profile; undefined when it was never set. Keys are the program's own words. */
export const getSetting = (db: ReadableDb, key: string): JsonValue | undefined => {
  const row = db.first<{ value: string }>(sql`SELECT value FROM setting WHERE key = ${key}`);
  if (!row) return undefined;
  const value = parseJson(row.value);
  return value.ok ? value.value : undefined;
};

export const setSetting = (db: WritableDb, key: string, value: JsonValue): void => {
  db.run(
    sql`INSERT INTO setting (key, value) VALUES (${key}, ${JSON.stringify(value)})
        ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  );
};

export const dropSetting = (db: WritableDb, key: string): void => {
  db.run(sql`DELETE FROM setting WHERE key = ${key}`);
};
