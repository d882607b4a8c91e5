// The desktop app in a real Electron on a display of its own, driven by Playwright.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { until, watchPage, type Ready } from './browser.ts';
import { type Display, openDisplay } from './display.ts';
import { electronForApp, playwrightLoader, type TestElectron } from './electron.ts';
import { root } from './places.ts';

export type ElectronAppOptions = {
  readonly home?: string;
  readonly profile?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Share a display with another app of the same test. */
  readonly display?: Display;
  /** False for an app whose core is expected not to come up: then `ready` is empty. */
  readonly usable?: boolean;
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
  const said = join(home, `stdout-${process.pid}-${(launches += 1)}.txt`);
  const app = await _electron.launch({
    executablePath: keepOutput(electron.path, home, said),
    args: [
      ...(electron.source === 'registry package' ? [] : ['-r', playwrightLoader, root]),
      `--profile=${profile}`,
      ...electronFlags,
    ],
    env: appEnvironment(home, display.name, options.env),
    timeout: 30_000,
  });
  const page = await app.firstWindow({ timeout: 30_000 });
  const complaints = watchPage(page);
  const log = join(home, 'profiles', profile, 'core.log');
  const ready =
    options.usable === false
      ? '{}'
      : await until('READY of the desktop app', () => /^READY (\{.*\})$/m.exec(readOr(said))?.[1], 40_000).catch(
          (thrown: unknown) => {
            throw new Error(`${String(thrown)}\n${readOr(said)}\n${readOr(log)}`);
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
    output: () => readOr(said),
    close: async () => {
      await app.close();
      if (options.display === undefined) display.close();
      if (options.home === undefined) rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
};

let launches = 0;

/** Playwright swallows what an app prints before `launch` has answered, so it goes to a file. */
const keepOutput = (electron: string, home: string, said: string): string => {
  const script = `${said}.sh`;
  mkdirSync(home, { recursive: true });
  writeFileSync(script, `#!/bin/sh\nexec '${electron}' "$@" >'${said}'\n`, { mode: 0o755 });
  return script;
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
