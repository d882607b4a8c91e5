import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** What lets root write and read past every mode of a file. Without them root is a user like any other who owns its files. */
const drop = ['--bounding-set=-dac_override,-dac_read_search', '--'] as const;
const setpriv = 'setpriv';

/**
 * A program as somebody for whom the modes of files hold. For root: root without the capabilities to pass them by, so that it still
 * reaches this checkout and its own Node, wherever they lie; another user would not where a folder above them is closed (0700).
 * Throws with what to do where this machine does not allow it.
 */
export const asPlainUser = (
  program: string,
  args: readonly string[],
): { readonly program: string; readonly args: readonly string[] } => {
  if (process.getuid?.() !== 0) return { program, args };
  const tried = spawnSync(setpriv, [...drop, 'true'], { encoding: 'utf8' });
  if (tried.status !== 0)
    throw new Error(
      `This test needs a user for whom file modes hold, and root cannot give its capabilities away here (${tried.error?.message ?? tried.stderr.trim()}). ` +
        'Run the tests as another user than root, or install util-linux and allow CAP_SETPCAP.',
    );
  // Root that owns them reads them; in a folder of another user's that is closed to others it does not any more.
  for (const file of [program, ...args].filter((one) => isAbsolute(one) && existsSync(one)))
    if (spawnSync(setpriv, [...drop, 'test', '-r', file]).status !== 0)
      throw new Error(
        `This test runs a program as a user for whom file modes hold, and that user may not read ${file}: a folder on the way to it belongs to another user and is closed to others. ` +
          'Nothing was run. Run the tests as the owner of this checkout, or open the folders on the way (chmod o+rx), or move the checkout.',
      );
  return { program: setpriv, args: [...drop, program, ...args] };
};
