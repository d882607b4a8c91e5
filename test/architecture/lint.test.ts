// Lint as a test: the linter must be clean here, and must find what is planted, because a wrong plugin setting is silent.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from './tsconfigs.ts';

type Report = {
  readonly diagnostics: readonly { readonly code: string; readonly filename: string; readonly message: string }[];
  readonly number_of_files: number;
};

const lint = (paths: readonly string[]): Report => {
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/oxlint/bin/oxlint'),
      '--type-aware',
      '-c',
      join(root, 'test/architecture/oxlint.json'),
      '-f',
      'json',
      ...paths,
    ],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return JSON.parse(run.stdout) as Report;
};

describe('lint', () => {
  it('is clean', () => {
    const report = lint(['main', 'renderer', 'shared', 'test', 'resources']);
    expect(report.number_of_files).toBeGreaterThan(100);
    expect(report.diagnostics.map((one) => `${one.filename}: ${one.code} ${one.message}`)).toEqual([]);
    // Types of the whole tree: slow on a machine that does other things as well.
  }, 180_000);

  // Outside the tree, so that no other check of this run sees the plant.
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-lint-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds what is planted: floating promise, any, eval, innerHTML, clock, unsafe regex, cast of a non-null', () => {
    const file = join(folder, 'sink.ts');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      [
        'const later = async (): Promise<number> => 1;',
        'export const run = (text: string, node: { innerHTML: string }, list: readonly string[]) => {',
        '  later();',
        '  const loose: any = text;',
        '  eval(text);',
        '  node.innerHTML = text;',
        '  const at = Date.now();',
        '  const slow = /(a+)+$/.test(text);',
        '  return [loose, at, slow, list[0]!.length];',
        '};',
      ].join('\n'),
    );
    const codes = lint([file]).diagnostics.map((one) => one.code);
    for (const rule of [
      'no-floating-promises',
      'no-explicit-any',
      'no-eval',
      'no-unsanitized(property',
      'no-restricted-properties',
      'detect-unsafe-regex',
      'no-non-null-assertion',
    ]) /* prettier-ignore */ {
      expect(codes.some((code) => code.includes(rule)), `${rule} in ${codes.join(', ')}`).toBe(true);
    }
  });
});
