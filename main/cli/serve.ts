import { isProfileName } from '../../shared/domain/paths.ts';
import { serveBrowser } from './browser-host.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';

/** Options that start and serve share; null = a problem was printed. */
export const hostOptions = {
  profile: { type: 'string', default: 'default' },
  port: { type: 'string', default: '0' },
  'no-open': { type: 'boolean', default: false },
} as const;

export const portOf = (text: string | undefined): number | null => {
  const port = Number(text ?? '0');
  return Number.isInteger(port) && (port === 0 || (port >= 1024 && port <= 65_535)) ? port : null;
};
export const profileProblem = (profile: string): string | null =>
  isProfileName(profile) ? null : 'A profile name has 1 to 40 letters, digits, - or _.';
export const portProblem = '--port takes a number from 1024 to 65535, or 0 for any free one.';

export const command: Command = {
  summary: 'serve a profile to a browser on this machine',
  help: `
breakwater serve [--profile NAME] [--port N] [--json]

Serves the same window as the desktop app on 127.0.0.1, for machines without Electron and for jump hosts (forward the port
with: ssh -L PORT:127.0.0.1:PORT HOST, and use the same number on both sides). Prints the address, a link that works once
within a minute, and then one line READY {"url", "workspace", "profile"}. Enter prints a new link; Ctrl-C ends it.

  --profile NAME   the profile (default: default)
  --port N         port on 127.0.0.1 (default: a free one)
  --json           print only the READY line

Exit codes: 0 ended by Ctrl-C or SIGTERM, 1 the profile or the port cannot be used, 2 not understood.`,
  run: (context) => serve(context),
};

const serve = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions(hostOptions, context.args);
  if (!parsed.ok) return printUsage(context, 'serve', parsed.problem);
  const { profile = 'default', json } = parsed.values;
  const port = portOf(parsed.values.port);
  const problem = profileProblem(profile) ?? (port === null ? portProblem : null);
  if (problem !== null || port === null) return printUsage(context, 'serve', problem ?? portProblem);
  const served = await serveBrowser({ profile, port, open: false, json }, context);
  if (served.ok) return exits.ok;
  printFailure(context, json, served.error);
  return exits.failed;
};
