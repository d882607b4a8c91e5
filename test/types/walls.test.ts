// The compiler is a wall too: a room's own tsconfig.json must refuse what the allow-list refuses.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../architecture/tsconfigs.ts';

type Config = { compilerOptions: Record<string, unknown>; references: { path: string }[] };

// Inside node_modules/.cache, so that no other check sees it and packages still resolve.
mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
const folder = mkdtempSync(join(root, 'node_modules/.cache/walls-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compile one file as if it lived in `room`; the compiler's error codes. */
const compileIn = (room: string, name: string, text: string): string[] => {
  const config = JSON.parse(readFileSync(join(root, room, 'tsconfig.json'), 'utf8')) as Config;
  const file = join(folder, name, 'plant.ts');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text.replaceAll('ROOT', relative(dirname(file), root)));
  const project = join(folder, name, 'tsconfig.json');
  writeFileSync(
    project,
    JSON.stringify({
      compilerOptions: {
        ...config.compilerOptions,
        rootDir: root,
        outDir: join(folder, name, 'out'),
        tsBuildInfoFile: join(folder, name, 'info'),
      },
      files: ['plant.ts'],
      references: config.references.map(({ path }) => ({ path: join(root, room, path) })),
    }),
  );
  const run = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', project, '--pretty', 'false'],
    { encoding: 'utf8' },
  );
  return [...run.stdout.matchAll(/error (TS\d+)/g)].map((match) => match[1] ?? '');
};

describe('one compiler project a room', () => {
  it('lets a room import what it may', () => {
    expect(
      compileIn(
        'renderer/bridge',
        'good',
        "import { ok } from 'ROOT/shared/base/result.ts'; export const one = ok(1);",
      ),
    ).toEqual([]);
  });
  it('refuses the core in the window', () => {
    expect(
      compileIn(
        'renderer/bridge',
        'core',
        "import type { Store } from 'ROOT/main/store/port.ts'; export type S = Store;",
      ),
    ).toContain('TS6307');
  });
  it('refuses Node in the window', () => {
    expect(
      compileIn('renderer/bridge', 'node', "import { readFileSync } from 'node:fs'; export const read = readFileSync;"),
    ).not.toEqual([]);
  });
  it('refuses the window in shared code', () => {
    expect(compileIn('shared/domain', 'dom', 'export const title = (): string => document.title;')).toContain('TS2584');
  });
  it('refuses Node in shared code', () => {
    expect(compileIn('shared/domain', 'process', 'export const pid = process.pid;')).not.toEqual([]);
  });
});
