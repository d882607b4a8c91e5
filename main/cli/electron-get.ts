import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, exits, parseOptions, printUsage } from './command.ts';
import { findElectron } from './electron.ts';
import { rootFolder } from './machine.ts';

export const command: Command = {
  summary: 'fetch Electron for the desktop window (electron get)',
  help: `
breakwater electron get [--json]

Downloads the Electron that this version of Breakwater wants, with the install script of its npm package, which checks the
file against the checksums in the package. Nothing else in Breakwater ever downloads it. Behind a proxy or a mirror, set
ELECTRON_GET_USE_PROXY or ELECTRON_MIRROR as Electron's documentation says.

Exit codes: 0 it is there, 1 it could not be fetched, 2 not understood.`,
  run: async (context) => {
    const parsed = parseOptions({}, context.args, { atMost: 1 });
    if (!parsed.ok) return printUsage(context, 'electron', parsed.problem);
    if (parsed.positionals[0] !== 'get') return printUsage(context, 'electron', 'Say what to do: electron get');
    const root = rootFolder();
    const script = join(root, 'node_modules', 'electron', 'install.js');
    const done = (path: string): number => {
      context.out(parsed.values.json ? JSON.stringify({ ok: true, path }) : `Electron is at ${path}`);
      return exits.ok;
    };
    const before = findElectron(root, {});
    if ('path' in before) return done(before.path);
    if (!existsSync(script)) {
      context.err('The npm package electron is not installed. In a checkout, run: npm ci');
      return exits.failed;
    }
    // Standard output belongs to the answer; what the script says goes to standard error.
    const run = spawnSync(process.execPath, [script], { stdio: ['ignore', 2, 2] });
    const after = findElectron(root, {});
    if (run.status === 0 && 'path' in after) return done(after.path);
    const why = 'Electron could not be fetched. Breakwater works in the browser without it.';
    context.err(why);
    if (parsed.values.json) context.out(JSON.stringify({ ok: false, error: why }));
    return exits.failed;
  },
};
