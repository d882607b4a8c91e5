/**
 * Where a profile lives. Pure: callers pass what they know of the machine, so that the core, the shell and the tools
 * agree without importing each other. `BREAKWATER_HOME` overrides everything (tests, portable installs).
 */
export type Machine = {
  readonly platform: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

const join = (machine: Machine, ...parts: readonly string[]): string =>
  parts.join(machine.platform === 'win32' ? '\\' : '/');

/** The folder of all profiles: XDG data home, Library/Application Support, or %LOCALAPPDATA%. */
export const dataHome = (machine: Machine): string => {
  const { env, home, platform } = machine;
  if (env['BREAKWATER_HOME']) return env['BREAKWATER_HOME'];
  if (platform === 'darwin') return join(machine, home, 'Library', 'Application Support', 'Breakwater');
  if (platform === 'win32')
    return join(machine, env['LOCALAPPDATA'] ?? join(machine, home, 'AppData', 'Local'), 'Breakwater');
  return join(machine, env['XDG_DATA_HOME'] || join(machine, home, '.local', 'share'), 'breakwater');
};

/** Profile names become folder names: 1 to 40 letters, digits, `-` or `_`. */
export const isProfileName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(name);

export const profileFolder = (machine: Machine, profile: string): string =>
  join(machine, dataHome(machine), 'profiles', profile);

/** The practice lakehouse is shared by all profiles of a machine: two of them are two devices of one workspace. */
export const practiceFolder = (machine: Machine): string => join(machine, dataHome(machine), 'practice');
