import { isProfileName } from '../../shared/domain/paths.ts';

/** What the command line hands to the shell. Everything is `--name=value`: Chromium's own switches stand beside them. */
export type ShellOptions = {
  readonly profile: string;
  /** Only tell that Electron runs here, then end. */
  readonly probe: boolean;
};

/** Unknown arguments are Chromium's or the desktop's (a link, a file): never an act. A bad profile name is refused. */
export const shellOptions = (argv: readonly string[]): ShellOptions | { readonly problem: string } => {
  const named = argv.find((one) => one.startsWith('--profile='))?.slice('--profile='.length);
  const profile = named ?? 'default';
  if (!isProfileName(profile)) return { problem: 'A profile name has 1 to 40 letters, digits, - or _.' };
  return { profile, probe: argv.includes('--breakwater-probe') };
};
