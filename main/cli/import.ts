import { resolve } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, type Result } from '../../shared/base/result.ts';
import { importAll, type ImportDone } from '../evidence/import-all.ts';
import { openBlobs } from '../log/blobs.ts';
import { type Command, type CommandContext, exits, parseOptions, printFailure, printUsage } from './command.ts';
import { openProfileHere, type ProfileHere } from './profile-here.ts';

export const command: Command = {
  summary: 'read a folder of “export --all” into an empty profile',
  help: `
breakwater import DIR --profile NAME [--json]

Reads what breakwater export --all wrote into a profile that is empty or does not exist yet, and compares: the rooms must come out
equal. Every event is verified as if it came from a share; what does not hold is kept apart and named, nothing is dropped.
The profile gets a device key of its own and belongs to nobody until it joins the organisation.

  --profile NAME   the profile to fill (default: default)

Exit codes: 0 all rooms are equal, 1 something was left out or differs, 2 not understood.`,
  run: (context) => run(context),
};

const run = async (context: CommandContext): Promise<number> => {
  const parsed = parseOptions({ profile: { type: 'string', default: 'default' } }, context.args, { atMost: 1 });
  if (!parsed.ok) return printUsage(context, 'import', parsed.problem);
  const [dir] = parsed.positionals;
  if (dir === undefined) return printUsage(context, 'import', 'Which folder?');
  const { json, profile = 'default' } = parsed.values;
  const opened = openProfileHere(profile, true);
  if (!opened.ok) {
    printFailure(context, json, opened.error);
    return exits.failed;
  }
  try {
    const done = await into(opened.value, profile, resolve(dir));
    if (!done.ok) {
      printFailure(context, json, done.error);
      return exits.failed;
    }
    return print(context, json, done.value);
  } finally {
    opened.value.close();
  }
};

const into = async (here: ProfileHere, profile: string, dir: string): Promise<Result<ImportDone, Failure>> => {
  const { store, paths } = here.profile;
  if (here.open.log.logs(store.read).length > 0) {
    return err(
      failure(
        'ProfileNotEmpty', `The profile "${profile}" has rooms already.`, 'Nothing in it was changed.',
        'Import into another profile. To bring two devices together, use a share.',
      ),
    ); // prettier-ignore
  }
  return importAll({ store, log: here.open.log, blobs: openBlobs(paths.blobs) }, dir);
};

const print = (context: CommandContext, json: boolean, done: ImportDone): number => {
  const whole = done.problems.length === 0;
  if (json) context.out(JSON.stringify({ ok: whole, ...done }));
  else {
    context.out(`${done.events} events of ${done.logs} logs and ${done.blobs} attached files were read.`);
    context.out(
      whole ? 'All logs came out equal.' : 'What holds was kept; what does not is kept apart and named here:',
    );
    for (const { where, says } of done.problems) context.out(`  ${where}: ${says}`);
    if (!whole) context.out('Check the folder: it was changed, or copied only in part.');
  }
  return whole ? exits.ok : exits.failed;
};
