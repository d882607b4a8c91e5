import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemTables } from '../../main/practice/world/system-tables.ts';
import { root } from '../support/places.ts';

const sources = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
const text = (file: string): string => readFileSync(join(root, file), 'utf8');

const practice = join('main', 'practice');
const readme = text(join(practice, 'README.md'));
/** All of Breakwater but the lakehouse itself. */
const users = sources('main')
  .filter((file) => !file.startsWith(practice))
  .map(text)
  .join('\n');

test('a table of the practice lakehouse is read by Breakwater, or its README says that only tests ask for it', () => {
  const unread = Object.keys(systemTables).filter((name) => {
    const [schema = '', table = ''] = name.split('.');
    return !users.includes(`'${table}'`) && !users.includes(`system.${schema}.${table}`);
  });
  expect(unread.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  // The search finds what is not there.
  expect(unread.length).toBeLessThan(Object.keys(systemTables).length / 4);
});

test('so is a path of REST that it answers', () => {
  const answers = sources(join(practice, 'rest')).map(text).join('\n');
  const paths = [...answers.matchAll(/'(\/api\/[a-z0-9./_-]+[a-z_-])\/?'/g)].map(([, path = '']) => path);
  const called = (path: string): boolean =>
    users.includes(path) || users.includes(`}/${path.slice(path.lastIndexOf('/') + 1)}`);
  expect(paths.length).toBeGreaterThan(10);
  const named = (path: string): boolean => readme.includes(`${path.split('/').slice(3).join('/')}\``);
  expect(paths.filter((path) => !called(path) && !named(path))).toEqual([]);
});
