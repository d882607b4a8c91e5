import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { failure, thrownText } from '../../shared/base/failure.ts';
import { drills } from '../practice/scenarios.ts';
import { verifyPack } from '../evidence/verify.ts';
import { nodeScheduler } from '../core/node-seams.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { DrillFailed, type Step } from './drill/context.ts';
import { runDrill } from './drill/run.ts';
import { bundle, systemClock } from './machine.ts';

const faults = ['none', 'line', 'two'] as const;

const help = `usage: breakwater drill SCENARIO --headless --seed N [--fault none|line|two] [--export FILE] [--keep] [--json]

Plays a scenario on two devices without a display: real processes, the real driver, a practice lakehouse of its own. What it
does: detects, opens one room on both devices while apart, writes offline on both, restarts three days later without a network,
merges, settles a severity that was set twice, shares through a folder, exports an evidence pack and verifies it.
Another seed means other names, ids, times and another cause. Scenarios: ${Object.keys(drills).join(', ')}.

  --headless       required: a drill with a window is played in the app
  --seed N         which world (default 1)
  --fault F        none: nothing breaks; line: one incident (default); two: two incidents
  --export FILE    write the evidence pack to FILE and the signers beside it as FILE.signers
  --keep           keep the folder of the two devices and say where it is
  --json           one JSON object on standard output

Exit codes: 0 all as it must be, 1 something was not, 2 usage.`;

type Report = { readonly ok: boolean; readonly steps: readonly Step[]; readonly [key: string]: unknown };

const print = (context: CommandContext, json: boolean, report: Report): void => {
  if (json) context.out(JSON.stringify(report));
};

const run = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions(
    {
      headless: { type: 'boolean' }, seed: { type: 'string' }, fault: { type: 'string' }, export: { type: 'string' }, keep: { type: 'boolean' },
    }, // prettier-ignore
    context.args,
    { atMost: 1 },
  );
  if (!parsed.ok) return printUsage(context, 'drill', parsed.problem);
  const { values, positionals } = parsed;
  if (values.help) {
    context.out(help);
    return exits.ok;
  }
  const name = positionals[0] ?? '';
  const fault = faults.find((one) => one === (values.fault ?? 'line'));
  const seed = Number(values.seed ?? '1');
  if (!Object.hasOwn(drills, name)) return printUsage(context, 'drill', `There is no scenario "${name}".`);
  if (values.headless !== true)
    return printUsage(context, 'drill', 'Say --headless: with a window, drills are played in the app.');
  if (fault === undefined || !Number.isSafeInteger(seed))
    return printUsage(context, 'drill', '--fault is none, line or two; --seed is a whole number.');

  const home = mkdtempSync(join(tmpdir(), 'breakwater-drill-'));
  const steps: Step[] = [];
  const report = (step: Step): void => {
    steps.push(step);
    if (!values.json) context.out(`${String(step.ms).padStart(6)} ms  ${step.step}: ${step.detail}`);
  };
  try {
    const done = await runDrill({
      seed, fault, home, coreEntry: bundle('core-child'), practiceEntry: bundle('practice'), now: () => systemClock.now(), scheduler: nodeScheduler, report,
    }); // prettier-ignore
    const packs = await Promise.all(
      done.packs.map(async (pack) => {
        const verified = await verifyPack(pack, done.signers === null ? {} : { signers: done.signers });
        report({ step: 'verify', ms: 0, detail: verified.outcome });
        if (verified.outcome !== 'verified')
          throw new DrillFailed(`the pack is not verified: ${JSON.stringify(verified.findings)}`);
        return pack;
      }),
    );
    const [pack] = packs;
    const target = values.export === undefined ? null : resolve(values.export);
    if (target !== null && pack !== undefined && done.signers !== null) {
      copyFileSync(pack, target);
      copyFileSync(done.signers, `${target}.signers`);
      if (!values.json) context.out(`${target} and ${target}.signers written`);
    }
    print(context, values.json, {
      ok: true,
      seed,
      fault,
      detected: done.detected,
      steps,
      pack: pack === undefined ? null : target,
    });
    return exits.ok;
  } catch (thrown) {
    const problem =
      thrown instanceof DrillFailed && thrown.failure !== null
        ? { ...thrown.failure, what: thrown.message }
        : failure(
            'DrillFailed',
            `The drill stopped: ${thrownText(thrown)}`,
            'It used folders of its own; your profiles were not touched.',
            'Run it again with --keep and look at the folder.',
          );
    if (values.json) print(context, true, { ok: false, seed, fault, steps, failure: problem });
    else printFailure(context, false, problem);
    return exits.failed;
  } finally {
    if (values.keep === true) context.err(`kept: ${home}`);
    else rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};

export const command: Command = { summary: 'play a practice scenario on two devices without a display', help, run };
