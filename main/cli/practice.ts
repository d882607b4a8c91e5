import { practiceFolder } from '../../shared/domain/paths.ts';
import { nodeScheduler } from '../core/node-seams.ts';
import {
  findOrStartPractice,
  findPractice,
  type PracticeAddress,
  resetPractice,
  stopPractice,
} from '../practice/launch.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { bundle, systemClock, thisMachine } from './machine.ts';

export const command: Command = {
  summary: 'start, find, end or reset the practice lakehouse',
  help: `
breakwater practice [--seed N] [--fault line|none|two] [--json]
breakwater practice --stop | --reset [--json]

Starts the practice lakehouse of this machine, or finds the one that runs, and prints where it is: host, port, HTTP path,
token and CA file, what a client of a SQL warehouse asks for. It runs by itself and ends 30 s after its last client. Its
state stays on disk; one that exists keeps its seed and fault until it is reset.

  --seed N     the world of that number: other names, ids, times and causes (default: 1)
  --fault F    line = one incident, none = no incident, two = two (default: line)
  --stop       end it; fine when none runs
  --reset      end it and forget its world; with --seed or --fault, start the new one at once

Exit codes: 0 done, 1 it did not start or end, 2 not understood.`,
  run: (context) => practice(context),
};

const faults = ['line', 'none', 'two'] as const;

const practice = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions(
    { stop: { type: 'boolean' }, reset: { type: 'boolean' }, seed: { type: 'string' }, fault: { type: 'string' } },
    context.args,
  );
  if (!parsed.ok) return printUsage(context, 'practice', parsed.problem);
  const { json, stop = false, reset = false, seed = '1', fault = 'line' } = parsed.values;
  const known = faults.find((one) => one === fault);
  if (known === undefined) return printUsage(context, 'practice', '--fault takes line, none or two.');
  if (!/^\d{1,9}$/.test(seed)) return printUsage(context, 'practice', '--seed takes a whole number.');
  if (stop && reset) return printUsage(context, 'practice', '--stop and --reset exclude each other.');

  const options = {
    dir: practiceFolder(thisMachine()),
    seed: Number(seed),
    fault: known,
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
    if (parsed.values.seed === undefined && parsed.values.fault === undefined)
      return say('reset', 'The practice world is forgotten; the next start makes a new one.');
  }
  const running = (await findPractice(options.dir)) !== null;
  const found = await findOrStartPractice(options);
  if (!found.ok) {
    printFailure(context, json, found.error);
    return exits.failed;
  }
  print(context, json, found.value, running);
  return exits.ok;
};

const print = (context: CommandContext, json: boolean, address: PracticeAddress, running: boolean): void => {
  const { host, port, httpPath, token, caFile, seed, pid } = address;
  if (json) return context.out(JSON.stringify({ ok: true, host, port, httpPath, token, caFile, seed, pid }));
  context.out(running ? 'The practice lakehouse was running already.' : 'The practice lakehouse has started.');
  const rows = { host, port, 'HTTP path': httpPath, token, 'CA file': caFile, seed, process: pid };
  for (const [name, value] of Object.entries(rows)) context.out(`  ${name.padEnd(10)} ${value}`);
};
