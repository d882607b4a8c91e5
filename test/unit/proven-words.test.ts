import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { builtReports, provenWords, type WorkspaceReport } from '../../shared/domain/proven.ts';
import { root } from '../support/places.ts';

// The tools of the build are no part of this project of the compiler.
type Config = { readonly define?: Readonly<Record<string, unknown>> };
const build = (file: string): Promise<unknown> => import(pathToFileURL(join(root, 'resources/build', file)).href);
const { readReports } = (await build('reports.ts')) as { readReports: (folder: string) => readonly WorkspaceReport[] };
const { mainConfig, rendererConfig } = (await build('entries.ts')) as Readonly<Record<string, (out: string) => Config>>;

const report = { date: '2027-01-05', cloud: 'azure', runtime: 'DBSQL 2027.1', passed: 70, failed: 1 };

test('without a report the words are "never"; with one they name the newest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bw-reports-'));
  expect(readReports(folder)).toEqual([]);
  expect(readReports(join(folder, 'nowhere'))).toEqual([]);
  expect(provenWords(readReports(folder))).toBe('was never run against a real workspace');
  writeFileSync(join(folder, '2027-01-05-azure.json'), JSON.stringify({ ...report, checks: [] }));
  writeFileSync(join(folder, '2026-12-01-aws.json'), JSON.stringify({ ...report, date: '2026-12-01', cloud: 'aws' }));
  writeFileSync(join(folder, 'empty.json'), JSON.stringify({ ...report, passed: 0 }));
  writeFileSync(join(folder, 'broken.json'), '{');
  expect(readReports(folder)).toHaveLength(2);
  expect(provenWords(readReports(folder))).toBe(
    'was last run against a real workspace on 2027-01-05 (azure, DBSQL 2027.1): 70 checks passed, 1 failed',
  );
  rmSync(folder, { recursive: true });
});

test('the words of this checkout follow its folder: in the build, and in README', () => {
  const there = readReports(join(root, 'test/conformance/reports'));
  for (const config of [mainConfig?.('x'), rendererConfig?.('x')])
    expect(config?.define).toMatchObject({ __BREAKWATER_REPORTS__: JSON.stringify(there) });
  expect(builtReports()).toEqual([]);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`this version ${provenWords(there)}`);
  for (const file of ['main/cli/doctor.ts', 'renderer/views/settings/settings.tsx'])
    expect(readFileSync(join(root, file), 'utf8')).toContain('{provenWords(builtReports())}');
});
