/** What is known of this machine before Electron is tried. */
export type HostFacts = {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  /** Path of an Electron binary that exists, or why there is none. */
  readonly electron: { readonly path: string } | { readonly missing: string };
};

export type HostChoice =
  | { readonly host: 'electron'; readonly path: string; readonly sandbox: boolean }
  /** `open`: there is a display, so a browser may be opened. */
  | { readonly host: 'browser'; readonly reason: string; readonly open: boolean };

/** Is there a screen to draw on? macOS and Windows sessions have one; elsewhere the session says so. */
export const hasDisplay = (platform: string, env: HostFacts['env']): boolean =>
  platform === 'darwin' ||
  platform === 'win32' ||
  Boolean(env['DISPLAY'] ?? '') ||
  Boolean(env['WAYLAND_DISPLAY'] ?? '');

/**
 * Electron where it can run, else the browser host with the reason in one line. Pure; whether Electron really starts is
 * probed afterwards. Chromium refuses to run as root with its sandbox; going without is only ever asked for by tests.
 */
export const chooseHost = (facts: HostFacts): HostChoice => {
  const { env } = facts;
  const open = hasDisplay(facts.platform, env);
  const sandbox = env['BREAKWATER_NO_SANDBOX'] !== '1';
  const browser = (reason: string): HostChoice => ({ host: 'browser', reason, open });
  if (!open) return browser('there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)');
  if ('missing' in facts.electron) return browser(facts.electron.missing);
  if (facts.isRoot && sandbox) return browser("Electron's sandbox does not run as root");
  return { host: 'electron', path: facts.electron.path, sandbox };
};
