import type { Lake, Write } from '../duck/lake.ts';
import { appendVersion, type Row } from './bulk.ts';
import { latenessMs } from './estate/tell.ts';

/** When a row of a system table may be seen there: when what it tells is over, and its table's lateness after that. Epoch ms. */
export const dueAt = (table: string, row: Row): number => {
  const happened = row['period_end_time'] ?? row['event_time'] ?? row['usage_end_time'];
  return typeof happened === 'string' ? Date.parse(`${happened.replace(' ', 'T')}Z`) + latenessMs(table) : 0;
};

/** Hold rows of a system table (`lakeflow.jobs`) back until they are due: REST tells them at once, the table later (facts 1.0). */
export const holdBack = async (write: Write, table: string, rows: readonly Row[]): Promise<void> => {
  if (rows.length === 0) return;
  const late = JSON.stringify(rows.map((row) => ({ d: dueAt(table, row), b: JSON.stringify(row) })));
  await write.run(
    `INSERT INTO bw.late SELECT $table, r.d, r.b FROM (SELECT unnest(from_json($late::JSON, '[{"d":"BIGINT","b":"VARCHAR"}]')) AS r)`,
    { table, late },
  );
};

/** Write the rows that are due by now into their tables, a version each. */
export const arrive = async (lake: Lake, write: Write): Promise<void> => {
  const due = `WHERE due <= ${lake.clock.now()}`;
  const rows = new Map<string, Row[]>();
  for (const [table, body] of await write.rows(`SELECT name, body FROM bw.late ${due} ORDER BY due`))
    rows.set(String(table), [...(rows.get(String(table)) ?? []), JSON.parse(String(body)) as Row]);
  for (const [table, more] of rows)
    await appendVersion(lake, write, ['system', ...table.split('.')], 'System user', more);
  if (rows.size > 0) await write.run(`DELETE FROM bw.late ${due}`);
};

/** Let what is due arrive; opens no transaction where nothing is. */
export const arriveWhenDue = async (lake: Lake): Promise<void> => {
  const connection = await lake.connect();
  try {
    const found = await connection.runAndReadAll(`SELECT count(*) FROM bw.late WHERE due <= ${lake.clock.now()}`);
    if (Number(found.getRows()[0]?.[0] ?? 0) === 0) return;
  } finally {
    connection.closeSync();
  }
  await lake.write((write) => arrive(lake, write));
};
