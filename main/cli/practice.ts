import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import type { JsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { practiceFolder } from '../../shared/domain/paths.ts';
import { practiceRights } from '../../shared/domain/practice-rights.ts';
import { nodeScheduler } from '../core/node-seams.ts';
import {
  findOrStartPractice,
  findPractice,
  type PracticeAddress,
  resetPractice,
  stopPractice,
} from '../practice/launch.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { listScenarios, readScenario } from '../practice/scenarios.ts';
import { rightsText, setRights } from './practice-rights.ts';
import { bundle, rootFolder, systemClock, thisMachine } from './machine.ts';

export const command: Command = {
  summary: 'start, find, end or reset the practice lakehouse',
  help: `
breakwater practice [--seed N] [--fault line|none|two | --scenario NAME] [--speed N] [--json]
breakwater practice --list-scenarios [--json]
breakwater practice [--rights everything|no-system-tables|little] [--schemas-off NAMES] [--json]
breakwater practice --stop | --reset [--json]

Starts the practice lakehouse of this machine, or finds the one that runs, and prints where it is: host, port, HTTP path,
token and CA file, what a client of a SQL warehouse asks for. It runs by itself and ends 30 s after its last client. Its
state stays on disk; one that exists keeps its seed and fault until it is reset.

  --seed N     the world of that number: other names, ids, times and causes (default: 1)
  --fault F    line = one incident, none = no incident, two = two (default: line)
  --scenario S what goes wrong is told by a file of resources/scenarios, or by a file of your own (a path to a .yaml)
  --list-scenarios  name them
  --speed N    its time passes N times as fast as ours (1 to 10000): new runs, versions and usage keep arriving, each with
               the lateness of its source. Its facts may then carry times ahead of the clock of this machine
  --rights R   what its user may see, until it ends or its buttons are let go: everything; no-system-tables; or little:
               SELECT on three tables and CAN VIEW on one job that it chooses and names, and no right to write
  --schemas-off NAMES  with everything, or alone: system schemas that nobody has switched on, with commas between
  --stop       end it; fine when none runs
  --reset      end it and forget its world; with --seed, --fault or --scenario, start the new one at once

Exit codes: 0 done, 1 it did not start or end, 2 not understood.`,
  run: (context) => practice(context),
};

const faults = ['line', 'none', 'two'] as const;

const practice = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions(
    {
      stop: { type: 'boolean' },
      reset: { type: 'boolean' },
      seed: { type: 'string' },
      fault: { type: 'string' },
      scenario: { type: 'string' },
      'list-scenarios': { type: 'boolean' },
      speed: { type: 'string' },
      rights: { type: 'string' },
      'schemas-off': { type: 'string' },
    },
    context.args,
  );
  if (!parsed.ok) return printUsage(context, 'practice', parsed.problem);
  const { json, stop = false, reset = false, seed = '1', fault = 'line' } = parsed.values;
  const known = faults.find((one) => one === fault);
  if (known === undefined) return printUsage(context, 'practice', '--fault takes line, none or two.');
  if (!/^\d{1,9}$/.test(seed)) return printUsage(context, 'practice', '--seed takes a whole number.');
  if (stop && reset) return printUsage(context, 'practice', '--stop and --reset exclude each other.');

  const { scenario, speed, 'list-scenarios': list = false } = parsed.values;
  if (list) return listAll(context, json);
  if (speed !== undefined && !(Number(speed) >= 1 && Number(speed) <= 10_000))
    return printUsage(context, 'practice', '--speed takes a number from 1 to 10000.');
  if (scenario !== undefined && parsed.values.fault !== undefined)
    return printUsage(context, 'practice', '--scenario and --fault exclude each other.');
  const preset = practiceRights.find((one) => one === (parsed.values.rights ?? 'everything'));
  const schemasOff =
    parsed.values['schemas-off']
      ?.split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '') ?? [];
  if (preset === undefined) return printUsage(context, 'practice', `--rights takes ${practiceRights.join(', ')}.`);
  if (schemasOff.length > 0 && preset !== 'everything')
    return printUsage(context, 'practice', '--schemas-off goes with --rights everything only.');
  const file = scenario === undefined ? null : scenarioFile(scenario);
  if (file !== null && !file.ok) {
    printFailure(context, json, file.error);
    return exits.failed;
  }
  const options = {
    dir: practiceFolder(thisMachine()),
    seed: Number(seed),
    fault: known,
    ...(file === null ? {} : { scenario: file.value }),
    ...(speed === undefined ? {} : { speed: Number(speed) }),
    nodePath: process.execPath,
    entry: bundle('practice'),
    clock: systemClock,
    scheduler: nodeScheduler,
  };
  const say = (state: string, words: string): number => {
    context.out(json ? JSON.stringify({ ok: true, state }) : words);
    return exits.ok;
  };
  if (stop) {
    const stopped = await stopPractice(options);
    if (stopped.ok)
      return say(
        stopped.value,
        stopped.value === 'stopped' ? 'The practice lakehouse has ended.' : 'None was running.',
      );
    printFailure(context, json, stopped.error);
    return exits.failed;
  }
  if (reset) {
    const done = await resetPractice(options);
    if (!done.ok) {
      printFailure(context, json, done.error);
      return exits.failed;
    }
    if (parsed.values.seed === undefined && parsed.values.fault === undefined && scenario === undefined)
      return say('reset', 'The practice world is forgotten; the next start makes a new one.');
  }
  const running = (await findPractice(options.dir)) !== null;
  const found = await findOrStartPractice(options);
  if (!found.ok) {
    printFailure(context, json, found.error);
    return exits.failed;
  }
  const asked = parsed.values.rights !== undefined || schemasOff.length > 0;
  const rights = asked ? await setRights(found.value, preset, schemasOff) : ok(null);
  if (!rights.ok) {
    printFailure(context, json, rights.error);
    return exits.failed;
  }
  print(context, json, found.value, running, rights.value);
  return exits.ok;
};

const folder = (): string => join(rootFolder(), 'resources', 'scenarios');

/** The file of a scenario by its name, or of one's own by its path; read first, so that what is wrong with it is said here. */
const scenarioFile = (name: string): Result<string, Failure> => {
  const known = listScenarios(folder());
  const found = known.find((one) => one.name === name);
  const path = found?.file ?? resolve(name);
  if (found === undefined && !existsSync(path))
    return err(
      failure(
        'NoSuchScenario',
        `There is no scenario "${name}".`,
        'Nothing was started or changed.',
        `There are: ${known.map((one) => one.name).join(', ')}. Or give the path of a .yaml file.`,
      ),
    );
  const read = found?.read ?? readScenario(path, readFileSync(path, 'utf8'));
  return read.ok ? ok(path) : read;
};

const listAll = (context: CommandContext, json: boolean): number => {
  const all = listScenarios(folder());
  if (json)
    context.out(JSON.stringify({ ok: true, scenarios: all.map(({ name, read }) => ({ name, title: read.ok ? read.value.title : null, kind: read.ok ? read.value.kind : null, problem: read.ok ? null : read.error.what })) })); // prettier-ignore
  else
    for (const { name, read } of all)
      context.out(`  ${name.padEnd(16)} ${read.ok ? `${read.value.title} (${read.value.kind})` : read.error.what}`);
  return exits.ok;
};

const print = (
  context: CommandContext,
  json: boolean,
  address: PracticeAddress,
  running: boolean,
  rights: JsonObject | null,
): void => {
  const { host, port, httpPath, token, caFile, seed, pid } = address;
  if (json) return context.out(JSON.stringify({ ok: true, host, port, httpPath, token, caFile, seed, pid, ...(rights === null ? {} : { rights }) })); // prettier-ignore
  context.out(running ? 'The practice lakehouse was running already.' : 'The practice lakehouse has started.');
  const rows = { host, port, 'HTTP path': httpPath, token, 'CA file': caFile, seed, process: pid };
  for (const [name, value] of Object.entries(rows)) context.out(`  ${name.padEnd(10)} ${value}`);
  if (rights !== null) context.out(`  ${'may see'.padEnd(10)} ${rightsText(rights)}`);
};
