// `npm test`: everything, in one go, and an honest count at the end. Nothing is skipped: what a machine lacks is installed
// (root on Debian) or fails with the command to run. `npm test -- unit sync` runs only those folders, `-- --list` names them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveBrowser } from './support/browser.ts';
import { describeTestElectron, resolveElectron } from './support/electron.ts';
import { ensureTestTools } from './support/debian.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const results = join(root, 'test-results');
const bin = (name: string): string => join(root, 'node_modules/.bin', name);

type Outcome = { readonly name: string; readonly passed: number; readonly failed: number; readonly seconds: number };

const timed = (name: string, work: () => { passed: number; failed: number }): Outcome => {
  process.stdout.write(`\n== ${name}\n`);
  const started = performance.now();
  return { name, ...work(), seconds: Math.round((performance.now() - started) / 1000) };
};

const step = (name: string, command: string, args: readonly string[]): Outcome =>
  timed(name, () => {
    const run = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
    return run.status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  });

type VitestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
};

/** One vitest run over folders. A run without a report, and a suite that could not start, count as failures. */
const suite = (folders: readonly string[], workers: number): Outcome =>
  timed(folders.join(' '), () => {
    const report = join(results, `${folders.join('-')}.json`);
    const run = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '-c',
        'test/vitest.config.ts',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        `--maxWorkers=${workers}`,
        ...folders.map((folder) => `test/${folder}/`),
      ],
      { cwd: root, stdio: 'inherit', env: { ...process.env, NO_COLOR: '1' } },
    );
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const read = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
    const failed = read.numFailedTests + read.numPendingTests;
    return {
      passed: read.numPassedTests,
      failed: run.status !== 0 && failed === 0 ? Math.max(1, read.numFailedTestSuites) : failed,
    };
  });

const all = ['architecture', 'types', 'unit', 'store', 'contract', 'sync', 'conformance', 'e2e'];
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('-'));
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`No such suite: ${unknown.join(', ')}. There are: ${all.join(', ')}.\n`);
  process.exit(2);
}
if (process.argv.includes('--list')) {
  process.stdout.write(`${all.join('\n')}\n`);
  process.exit(0);
}
const has = (name: string): boolean => wanted.length === 0 || wanted.includes(name);

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
ensureTestTools();
if (has('e2e')) {
  // Fetched before the clock of any test runs.
  resolveBrowser();
  await resolveElectron();
}

const outcomes: Outcome[] = [];
if (wanted.length === 0) {
  outcomes.push(step('compile (tsc -b)', bin('tsc'), ['-b']));
  outcomes.push(
    step('format (prettier)', bin('prettier'), [
      '--config',
      'test/prettier.json',
      '--check',
      'main/**/*.{ts,tsx}',
      'renderer/**/*.{ts,tsx,css,html}',
      'shared/**/*.ts',
      'test/**/*.{ts,tsx}',
      '--log-level',
      'warn',
    ]),
  );
}
outcomes.push(step('build', process.execPath, ['resources/build/build.ts']));
const quick = ['architecture', 'types', 'unit', 'store'].filter(has);
if (quick.length > 0) outcomes.push(suite(quick, 2));
for (const folder of ['contract', 'sync', 'conformance']) if (has(folder)) outcomes.push(suite([folder], 2));
// Windows and timing of whole programs: one at a time.
if (has('e2e')) outcomes.push(suite(['e2e'], 1));

const passed = outcomes.reduce((sum, one) => sum + one.passed, 0);
const failed = outcomes.reduce((sum, one) => sum + one.failed, 0);
process.stdout.write('\nWhat ran:\n');
for (const one of outcomes)
  process.stdout.write(
    `  ${one.failed === 0 ? 'ok  ' : 'FAIL'} ${one.name}: ${one.passed} passed, ${one.failed} failed, ${one.seconds} s\n`,
  );
if (has('e2e')) for (const line of describeTestElectron()) process.stdout.write(`  ${line}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
