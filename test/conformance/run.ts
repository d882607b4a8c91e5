// `npm run conformance -- --engine practice|spark|workspace`: the whole suite against one engine, with an honest count at the end.
import { join } from 'node:path';
import { root } from '../support/places.ts';
import { runCheck, type Check, type Outcome } from './check.ts';
import { differences } from './differences.ts';
import { engines, type Engine, type Stage } from './stage.ts';
import { openStage } from './stages.ts';
import { allChecks } from './suite.ts';
import { heldAgainstLimit } from './time-limit.ts';
import { wishVariables } from './wishes.ts';
import { variables, writeReport } from './workspace-stage.ts';

const named = (list: Readonly<Record<string, string>>): string =>
  Object.entries(list)
    .map(([name, words]) => `               ${name}: ${words}`)
    .join('\n');
const help = `Usage: npm run conformance -- --engine ENGINE

Every statement that Breakwater sends, and everything it relies on, against one engine:

  practice   the practice lakehouse of this checkout (also part of npm test)
  spark      Apache Spark with Delta Lake behind the practice front end; fetched once by Maven (needs a JDK), kept in the cache
  workspace  a real workspace, in schemas that are made for it and dropped at the end; writes a report to
             test/conformance/reports. Named by these variables:
${named(variables)}
             and, where wished:
${named(wishVariables)}

  --only X   only checks whose name begins with X, as in --only delta. (several: delta.,values.)
  --list     name the checks instead of running them
  --at TIME  practice only: as if it were that time of the last 80 days, as in 2026-10-25T00:30:00Z
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const marks: Readonly<Record<Outcome['state'], string>> = {
  passed: 'ok  ',
  told: 'told',
  failed: 'FAIL',
  'not observed': '--  ',
};

const report = (outcome: Outcome): void => {
  const text = outcome.text === '' ? '' : ` ${outcome.text.split('\n').slice(0, 4).join('\n')}`;
  say(`${marks[outcome.state]} ${outcome.id} (${Math.round(outcome.ms)} ms)${text}`);
  if (outcome.told) say(`     ${JSON.stringify(outcome.answer)}`);
};

const runAll = async (stage: Stage, checks: readonly Check[], whole: boolean): Promise<number> => {
  const started = performance.now();
  say(`Engine: ${stage.about}`);
  const outcomes: Outcome[] = [];
  for (const check of checks) {
    const outcome = await runCheck(check, stage, differences, () => performance.now());
    report(outcome);
    outcomes.push(outcome);
  }
  const ran = new Set(checks.map((one) => one.id));
  const listed = differences.filter((one) => one.engine === stage.engine && ran.has(one.check));
  say(`\nDifferences of this engine (${listed.length}), each seen in this run or failed above:`);
  for (const one of listed) say(`  ${one.check}: ${one.reason}`);
  const count = (state: Outcome['state']): number => outcomes.filter((one) => one.state === state).length;
  // A part of the suite proves no workspace.
  if (stage.engine === 'workspace' && whole)
    say(`\nReport, to be committed: ${await writeReport(stage, outcomes, join(root, 'test/conformance/reports'))}`);
  say(`\n${Math.round((performance.now() - started) / 1000)} s`);
  // From the start of this process on: Spark had to start as well. A part of the suite has no limit.
  const limit = whole
    ? heldAgainstLimit({ engine: stage.engine, wholeMs: performance.now(), gettingMs: stage.gettingMs })
    : null;
  if (limit !== null) say(`${limit.failed ? 'FAIL' : limit.kept ? 'ok  ' : '--  '} ${limit.words}`);
  say(`${count('not observed')} not observed: this engine cannot answer them, each with its reason above`);
  say(`${count('told')} told: what was measured or answered stands above, compared with nothing`);
  const failed = count('failed') + (limit?.failed === true ? 1 : 0);
  say(`${count('passed')} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

const isEngine = (name: string | undefined): name is Engine => engines.some((one) => one === name);

const main = async (args: readonly string[]): Promise<number> => {
  if (args.length === 0 || args.includes('--help')) {
    say(help);
    return 0;
  }
  const engine = args[args.indexOf('--engine') + 1];
  if (!args.includes('--engine') || !isEngine(engine)) {
    process.stderr.write(`There is no such engine. There are: ${engines.join(', ')}.\n`);
    return 2;
  }
  const at = args.includes('--at') ? Date.parse(args[args.indexOf('--at') + 1] ?? '') : null;
  if (at !== null && (Number.isNaN(at) || engine !== 'practice')) {
    process.stderr.write('--at takes a time, as in 2026-10-25T00:30:00Z, and goes with practice only.\n');
    return 2;
  }
  const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '') : '';
  const checks = allChecks.filter((one) => only.split(',').some((start) => one.id.startsWith(start)));
  if (args.includes('--list')) {
    for (const check of checks) say(`${check.id}: ${check.about}`);
    return 0;
  }
  const stage = await openStage(engine, at);
  // Ctrl-C leaves nothing behind either; a second one does not wait.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stage.close().finally(() => process.exit(130)));
  try {
    return await runAll(stage, checks, only === '');
  } finally {
    await stage.close();
  }
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  say('0 passed, 1 failed');
  process.exitCode = 1;
}
