import { expect, test } from 'vitest';
import type { JsonObject } from '../../shared/base/json.ts';
import { chosenRows, type SystemRow } from './chosen-rows.ts';

const row = (fields: JsonObject, recent = true): SystemRow => ({ text: JSON.stringify(fields), row: fields, recent });
/** Statements of other teams, newest first: more than are taken. */
const others = Array.from({ length: 30 }, (_, i) => row({ statement_id: `s${i}`, status: 'FINISHED', text: 'stock' }));
const lineage = others.map((one) => row({ statement_id: String(one.row['statement_id']), source: 'stock' }));

test('what the first row of a kind speaks of is found in the other tables, however old it is', async () => {
  const cancelled = row({ statement_id: 'late', status: 'CANCELED', text: 'stock' });
  const joined = row({ statement_id: 'late', source: 'stock' });
  const asked: string[] = [];
  const { tables, first } = await chosenRows(
    new Map([
      ['history', [...others, cancelled]],
      ['lineage', lineage],
    ]),
    'rewards',
    8,
    (table, ids) => {
      asked.push(...ids);
      return Promise.resolve(table === 'lineage' ? [joined] : []);
    },
  );
  expect(tables.get('history')).toContain(cancelled);
  expect(tables.get('lineage')).toContain(joined);
  expect(first.has('late')).toBe(true);
  expect(asked).toContain('late');
  expect([...tables.values()].map((rows) => rows.length)).toEqual([8, 8]);
});

test('rows of the area come before newer ones of others, with the first of each thing and the oldest', async () => {
  const own = [1, 1, 1, 2, 1].map((job, i) => row({ job_id: `j${job}`, name: `rewards ${i}` }));
  const foreign = [3, 4].map((job) => row({ job_id: `j${job}`, name: 'stock' }));
  const old = row({ job_id: 'j5', name: 'rewards of last month' }, false);
  const chosen = await chosenRows(new Map([['runs', [...foreign, ...own, old]]]), 'rewards', 5, () =>
    Promise.resolve([]),
  );
  expect(chosen.tables.get('runs')).toEqual([own[0], own[3], own[4], ...foreign]);
});
