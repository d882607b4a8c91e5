import { commands } from './commands.ts';
import { dispatch } from './dispatch.ts';
import { endOnUncaught } from '../core/last-words.ts';
import { appVersion } from './machine.ts';

// The entry of the command line. Ctrl-C and SIGTERM ask the command to end; a second one ends it at once.
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (ending.signal.aborted) process.exit(130);
    ending.abort(name);
  });
}
// What hosts a core here may hold tokens: an error that nobody caught must not print what hangs on it.
endOnUncaught((code) => process.exit(code));
// A reader that went away (`breakwater … | head`) is no reason for a stack.
process.stdout.on('error', () => process.exit(0));

process.exitCode = await dispatch(
  commands,
  process.argv.slice(2),
  {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    signal: ending.signal,
  },
  appVersion(),
);
// Sockets of libraries that do not let go must not keep a finished command alive; what was written goes out first.
process.stdout.write('', () => process.exit());
