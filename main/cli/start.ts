import { spawn } from 'node:child_process';
import { nodeScheduler } from '../core/node-seams.ts';
import { serveBrowser } from './browser-host.ts';
import { chooseHost, hasDisplay, type HostChoice } from './choose-host.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { electronArguments, findElectron, probeElectron } from './electron.ts';
import { rootFolder } from './machine.ts';
import { hostOptions, portOf, portProblem, profileProblem } from './serve.ts';

export const command: Command = {
  summary: 'open the app: the desktop window where Electron runs, else the browser',
  help: `
breakwater start [--profile NAME] [--browser] [--no-open] [--port N] [--json]

Opens the desktop window where Electron is there and starts; otherwise serves the same window to a browser and says why in
one line. Nothing is ever downloaded (see: breakwater electron get). Without a display it only serves. Once usable it prints
one line READY {"url", "workspace", "profile"}. Ctrl-C ends it cleanly.

  --profile NAME   the profile; another one is another device (default: default)
  --browser        take the browser even where Electron runs
  --no-open        do not open a browser, only print the link
  --port N         port on 127.0.0.1 for the browser (default: a free one)
  --json           print only the READY line

Exit codes: 0 ended by a person, 1 it cannot run, 2 not understood.`,
  run: (context) => start(context),
};

const start = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions({ ...hostOptions, browser: { type: 'boolean', default: false } }, context.args);
  if (!parsed.ok) return printUsage(context, 'start', parsed.problem);
  const { profile = 'default', json } = parsed.values;
  const port = portOf(parsed.values.port);
  const problem = profileProblem(profile) ?? (port === null ? portProblem : null);
  if (problem !== null || port === null) return printUsage(context, 'start', problem ?? portProblem);

  const choice = parsed.values.browser === true ? asked : await chooseAndProbe(profile);
  if (choice.host === 'electron') return runElectron(choice, profile, context);
  if (choice.reason !== '') (json ? context.err : context.out)(`Serving to a browser: ${choice.reason}.`);
  const open = choice.open && parsed.values['no-open'] !== true;
  const served = await serveBrowser({ profile, port, open, json }, context);
  if (served.ok) return exits.ok;
  printFailure(context, json, served.error);
  return exits.failed;
};

const asked: HostChoice = { host: 'browser', reason: '', open: hasDisplay(process.platform, process.env) };

const chooseAndProbe = async (profile: string): Promise<HostChoice> => {
  const root = rootFolder();
  const choice = chooseHost({
    platform: process.platform,
    env: process.env,
    isRoot: process.getuid?.() === 0,
    electron: findElectron(root, process.env),
  });
  if (choice.host === 'browser') return choice;
  const probe = await probeElectron(choice.path, root, choice.sandbox, profile, nodeScheduler);
  return 'problem' in probe ? { host: 'browser', reason: probe.problem, open: true } : choice;
};

/** The app writes its READY line to the same standard output; Chromium's own remarks stay apart from it. */
const runElectron = (
  choice: Extract<HostChoice, { host: 'electron' }>,
  profile: string,
  context: CommandContext,
): Promise<number> => {
  const child = spawn(choice.path, electronArguments(rootFolder(), choice.sandbox, [`--profile=${profile}`]), {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  context.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return new Promise((resolve) => {
    child.once('error', (thrown) => {
      context.err(`Electron cannot be run: ${thrown.message}`);
      resolve(exits.failed);
    });
    child.once('exit', (code, signal) =>
      resolve(code === 0 || (signal !== null && context.signal.aborted) ? exits.ok : exits.failed),
    );
  });
};
