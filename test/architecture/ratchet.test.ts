// Counts of what we dislike: they may only fall. When one falls, lower the number here.
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { practiceShare } from '../bench/share.ts';
import { root } from './tsconfigs.ts';

const files = globSync('{main,renderer,shared}/**/*.{ts,tsx}', { cwd: root });
const texts = new Map(files.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
const testTexts = new Map(
  globSync('test/**/*.{ts,tsx}', { cwd: root, exclude: (path) => path.includes('planted') }).map((path) => [
    path,
    readFileSync(join(root, path), 'utf8'),
  ]),
);

const hits = (pattern: RegExp, within: ReadonlyMap<string, string> = texts): string[] =>
  [...within].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])),
  );

describe('ratchet', () => {
  const limits: readonly (readonly [string, RegExp, number])[] = [
    ['any', /(: |<|as )any\b/, 0],
    ['switched-off checks', /@ts-(ignore|nocheck|expect-error)|(oxlint|eslint)-disable/, 0],
    ['unfinished marks', /\b(TODO|FIXME|XXX|HACK|not implemented|coming soon|placeholder data)\b/i, 0],
    ['double casts', /as unknown as/, 12],
    // A dump holds what the memory held, tokens too.
    ['dumps of memory', /crashReporter\b|writeHeapSnapshot|heapsnapshot-|report-on-|process\.report\b/, 0],
  ];
  for (const [name, pattern, limit] of limits) {
    it(`${name}: at most ${limit}`, () => {
      const found = hits(pattern);
      expect(found.length, found.join('\n')).toBeLessThanOrEqual(limit);
    });
  }

  it('no test is skipped, postponed or alone', () => {
    const marker = new RegExp(
      `\\b(it|test|describe)\\.(${['skip', 'todo', 'only'].join('|')})\\b|\\.(${['skipIf', 'runIf'].join('|')})\\(`,
    );
    expect(hits(marker, testTexts)).toEqual([]);
  });

  it('nothing is exported that nobody names', () => {
    const words = new Map<string, number>();
    const tools = globSync('resources/build/*', { cwd: root }).map((path) => readFileSync(join(root, path), 'utf8'));
    for (const text of [...texts.values(), ...testTexts.values(), ...tools])
      for (const [word] of text.matchAll(/\w+/g)) words.set(word, (words.get(word) ?? 0) + 1);
    const exported = [...texts].flatMap(([path, text]) =>
      [...text.matchAll(/^export (?:const|function|class) (\w+)/gm)].map((match) => [path, match[1] ?? ''] as const),
    );
    expect(exported.length).toBeGreaterThan(500);
    expect(exported.filter(([, name]) => words.get(name) === 1)).toEqual([]);
  });

  it('no file is longer than 400 lines', () => {
    expect(
      [...texts].map(([path, text]) => [path, text.split('\n').length - 1] as const).filter(([, lines]) => lines > 400),
    ).toEqual([]);
  });

  it('every room says in at most 40 lines what lives there', () => {
    const rooms = ['main', 'renderer', 'shared'].flatMap((top) =>
      readdirSync(join(root, top))
        .map((name) => `${top}/${name}`)
        .filter((path) => statSync(join(root, path)).isDirectory()),
    );
    expect(rooms.filter((room) => !existsSync(join(root, room, 'README.md')))).toEqual([]);
    expect(rooms.filter((room) => readFileSync(join(root, room, 'README.md'), 'utf8').split('\n').length > 41)).toEqual(
      [],
    );
  });

  it('no scenario or asset name of the practice world leaks into the product', () => {
    const names = /summer.?trading|pos_sales|store_demand|demand_forecast/i;
    const outside = new Map(
      [...texts].filter(([path]) => path.startsWith('main/') && !path.startsWith('main/practice/')),
    );
    // The name of the drill is an argument that main/cli passes on; it is listed by main/practice.
    expect(hits(names, outside)).toEqual([]);
  });

  it('the practice lakehouse is at most a quarter of main', () => {
    expect(practiceShare()).toBeGreaterThan(5);
    expect(practiceShare()).toBeLessThanOrEqual(25);
  });

  it('no registry host stands in the lock file', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/);
  });
});
