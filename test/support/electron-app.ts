// The desktop app in a real Electron on a display of its own, driven by Playwright.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { until, watchPage, type Ready } from './browser.ts';
import { type Display, openDisplay } from './display.ts';
import { electronForApp, type TestElectron } from './electron.ts';
import { root } from './places.ts';

export type ElectronAppOptions = {
  readonly home?: string;
  readonly profile?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Share a display with another app of the same test. */
  readonly display?: Display;
};

export type ElectronApp = {
  readonly app: ElectronApplication;
  readonly page: Page;
  readonly ready: Ready;
  readonly home: string;
  readonly electron: TestElectron;
  readonly display: Display;
  /** What the page complained about: must stay empty. */
  readonly complaints: readonly string[];
  /** Process ids of cores that the shell started, living ones only. */
  readonly corePid: () => Promise<number>;
  readonly coreLog: () => string;
  readonly output: () => string;
  readonly close: () => Promise<void>;
};

/** Environment of an app under test: no variable of the session that could change what it does. */
export const appEnvironment = (
  home: string,
  display: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  LANG: 'C.UTF-8',
  DISPLAY: display,
  BREAKWATER_HOME: home,
  BREAKWATER_NO_SANDBOX: '1',
  ...more,
});

export const electronFlags = ['--no-sandbox', '--disable-gpu'] as const;

/** Start the desktop app and wait for its window and its READY line. */
export const launchElectronApp = async (options: ElectronAppOptions = {}): Promise<ElectronApp> => {
  const electron = await electronForApp();
  const display = options.display ?? (await openDisplay());
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'breakwater-e2e-'));
  const profile = options.profile ?? 'default';
  const app = await _electron.launch({
    executablePath: electron.path,
    args: [...(electron.source === 'registry package' ? [] : [root]), `--profile=${profile}`, ...electronFlags],
    env: appEnvironment(home, display.name, options.env),
    timeout: 30_000,
  });
  let output = '';
  for (const stream of [app.process().stdout, app.process().stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const page = await app.firstWindow({ timeout: 30_000 });
  const complaints = watchPage(page);
  const log = join(home, 'profiles', profile, 'core.log');
  const ready = await until('READY of the desktop app', () => /^READY (\{.*\})$/m.exec(output)?.[1], 40_000).catch(
    (thrown: unknown) => {
      throw new Error(`${String(thrown)}\n${output}\n${readOr(log)}`);
    },
  );
  return {
    app,
    page,
    ready: JSON.parse(ready) as Ready,
    home,
    electron,
    display,
    complaints,
    corePid: () => until('a core process', () => childOf(app.process().pid ?? 0)),
    coreLog: () => readOr(log),
    output: () => output,
    close: async () => {
      await app.close();
      if (options.display === undefined) display.close();
      if (options.home === undefined) rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
};

const readOr = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** The living child of a process that runs the core's bundle; Linux only, as these tests are. */
const childOf = (parent: number): number | null => {
  const pids = readOr(`/proc/${parent}/task/${parent}/children`).trim().split(/\s+/).map(Number);
  return pids.find((pid) => /core-(child|utility)\.js/.test(readOr(`/proc/${pid}/cmdline`))) ?? null;
};
