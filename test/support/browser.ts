// A Chromium for the browser host: the one named, else Playwright's, else Debian's. Which one it is stands in the output.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type ConsoleMessage, type Page } from 'playwright-core';
import { installPackages } from './debian.ts';
import { root } from './places.ts';

/** Start flags that keep the browser from speaking to anybody but us. */
export const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Path of a Chromium: BREAKWATER_BROWSER, else Playwright's own, else /usr/bin/chromium, installed when root on Debian. */
export const resolveBrowser = (): string => {
  const named = process.env['BREAKWATER_BROWSER'] ?? '';
  if (named !== '') {
    if (!existsSync(named)) throw new Error(`BREAKWATER_BROWSER names ${named}, which does not exist.`);
    return named;
  }
  const own = chromium.executablePath();
  if (own !== '' && existsSync(own)) return own;
  const system = '/usr/bin/chromium';
  if (!existsSync(system)) installPackages(['chromium']);
  return system;
};

export const openChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: resolveBrowser(), headless: true, args: browserFlags });

export type Ready = { readonly url: string; readonly workspace: string; readonly profile: string };
export type Served = {
  readonly ready: Ready;
  readonly home: string;
  readonly process: ChildProcess;
  /** Everything that was printed so far. */
  readonly output: () => string;
  /** Ask it to end and wait; answers with its exit code. */
  readonly stop: () => Promise<number | null>;
};

export type ServeOptions = {
  readonly home?: string;
  readonly profile?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** Wait until `look` has a value; the reason is the error after `withinMs`. */
export const until = async <T>(
  reason: string,
  look: () => T | null | undefined | Promise<T | null | undefined>,
  withinMs = 20_000,
): Promise<T> => {
  const end = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`${reason}: not within ${withinMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** `breakwater start --browser --no-open` of the built program, up to its READY line. */
export const serveApp = async (options: ServeOptions = {}): Promise<Served> => {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'breakwater-e2e-'));
  const child = spawn(
    process.execPath,
    [
      join(root, 'dist/main/cli.js'),
      'start',
      '--browser',
      '--no-open',
      '--profile',
      options.profile ?? 'default',
      ...(options.args ?? []),
    ],
    { env: { ...process.env, BREAKWATER_HOME: home, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ready = await until(
    `READY (${output})`,
    () => {
      if (child.exitCode !== null) throw new Error(`breakwater ended with ${child.exitCode}: ${output}`);
      return /^READY (\{.*\})$/m.exec(output)?.[1];
    },
    40_000,
  );
  return {
    ready: JSON.parse(ready) as Ready,
    home,
    process: child,
    output: () => output,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
};

/** Violations of the content policy and errors that a page reported, from the moment the page was made. */
export const watchPage = (page: Page): readonly string[] => {
  const seen: string[] = [];
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error') seen.push(message.text());
  });
  page.on('pageerror', (thrown) => seen.push(thrown.message));
  return seen;
};

export type BrowserApp = Served & {
  readonly browser: Browser;
  readonly page: Page;
  /** What the page complained about: must stay empty. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
};

/** The program served, and a Chromium on its one-time link. `close` ends both and removes a home that was made here. */
export const launchBrowserApp = async (options: ServeOptions = {}): Promise<BrowserApp> => {
  const served = await serveApp(options);
  const browser = await openChromium();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints = watchPage(page);
  await page.goto(served.ready.url);
  return {
    ...served,
    browser,
    page,
    complaints,
    close: async () => {
      await browser.close();
      await served.stop();
      if (options.home === undefined)
        rmSync(served.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
};
