// The desktop app in a real Electron: what a window may do, and what happens when its core dies.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { contentSecurityPolicy } from '../../shared/domain/content-policy.ts';
import { serveApp, until } from '../support/browser.ts';
import { type Display, openDisplay } from '../support/display.ts';
import { electronForApp } from '../support/electron.ts';
import { appEnvironment, type ElectronApp, electronFlags, launchElectronApp } from '../support/electron-app.ts';
import { root } from '../support/places.ts';
import { foundIn, type Left, leftIn, leftText } from '../support/secret-search.ts';
import { byId } from './support/screen.ts';
import { startSecretStory } from './support/secret-story.ts';

let running: ElectronApp;
let display: Display;
const home = mkdtempSync(join(tmpdir(), 'breakwater-shell-e2e-'));
// These tests are about the window: no practice lakehouse has to start for them.
const env = {
  BREAKWATER_PRACTICE: 'off',
  DATABRICKS_HOST: 'dbc-session.cloud.databricks.com',
  DATABRICKS_TOKEN: 'dapiCANARYsession',
};

beforeAll(async () => {
  display = await openDisplay();
  running = await launchElectronApp({ home, display, env });
});
afterAll(async () => {
  await running?.close();
  display?.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** The words of the status bar that only a core can give. */
const answered = (): Promise<boolean> =>
  until(
    'an answer of the core in the window',
    async () =>
      (await running.page.getByText(/only here|not set up|No workspace|Offline|Connecting/i).count()) > 0 || null,
  );

describe('the desktop window', () => {
  it('opens with an answer from its core', async () => {
    expect(running.ready).toMatchObject({ url: 'breakwater://app/', profile: 'default' });
    expect(running.page.url()).toBe('breakwater://app/');
    expect(await running.page.title()).toContain('Breakwater');
    await answered();
  });

  it('offers what the variables of the session say, and its page holds no token', async () => {
    await running.page.getByTestId('place-settings').click();
    await running.page.getByTestId('connection-found').click();
    await running.page.getByRole('option', { name: /from the environment/ }).click();
    await expect.poll(() => running.page.getByTestId('connection-host').inputValue()).toBe(env.DATABRICKS_HOST);
    expect(await running.page.content()).not.toContain('CANARY');
    await running.page.getByTestId('place-inbox').click();
  });

  it('has nothing of Node or Electron in its page', async () => {
    const found = await running.page.evaluate(() =>
      ['require', 'process', 'module', 'exports', 'Buffer', 'global', 'electron', 'ipcRenderer', '__dirname'].filter(
        (name) => name in globalThis,
      ),
    );
    expect(found).toEqual([]);
    const preferences = await running.app.evaluate(({ BrowserWindow }) => {
      // What Electron took, not what was asked for.
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences: () => Record<string, unknown>;
      };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
    });
    expect(preferences['webSecurity'] ?? true).toBe(true);
  });

  it('is served with the policy, and broke it nowhere', async () => {
    const policy = await running.page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'));
    expect(policy).toBe(contentSecurityPolicy);
    expect(running.complaints).toEqual([]);
    const refused = await running.page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {
            once: true,
          });
          const style = document.createElement('style');
          style.textContent = 'body { color: red }';
          document.head.append(style);
          style.remove();
        }),
    );
    expect(refused).toMatch(/^style-src/);
  });

  it('has no files but its own', async () => {
    const statuses = await running.page.evaluate(async () => {
      const paths = ['/package.json', '/../package.json', '/%2e%2e/package.json', '/main/shell.js', '/download/x'];
      return Promise.all(paths.map(async (path) => (await fetch(path)).status));
    });
    expect(statuses).toEqual([404, 404, 404, 404, 404]);
  });

  it('stays where it is and opens nothing', async () => {
    const opened = await running.page.evaluate(() => window.open('https://evil.test/') === null);
    expect(opened).toBe(true);
    for (const address of ['https://evil.test/', 'file:///etc/passwd', 'data:text/html,x'])
      await running.page.evaluate((to) => location.assign(to), address).catch(() => undefined);
    expect(running.page.url()).toBe('breakwater://app/');
    expect(await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
  });

  it('gets no permission', async () => {
    const states = await running.page.evaluate(async () => {
      const asked = await Notification.requestPermission();
      const camera = await navigator.mediaDevices?.getUserMedia({ video: true }).then(
        () => 'given',
        () => 'denied',
      );
      return [asked, camera ?? 'denied'];
    });
    expect(states).toEqual(['denied', 'denied']);
  });

  it('saves what its own page made, and nothing from elsewhere', async () => {
    const saved = join(home, 'saved.txt');
    // In place of the person who answers the save dialog.
    await running.app.evaluate(({ session }, path) => {
      session.defaultSession.once('will-download', (_event, item) => item.setSavePath(path));
    }, saved);
    await running.page.evaluate(() => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(['kept words']));
      link.download = 'words.txt';
      link.click();
    });
    await until('the saved file', () => existsSync(saved) && readFileSync(saved, 'utf8') === 'kept words');
    expect(running.page.url()).toBe('breakwater://app/');
  });

  it('sends no variable of the session to the core', async () => {
    const pid = await running.corePid();
    const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .map((pair) => pair.split('=')[0]);
    expect(names).toContain('BREAKWATER_HOME');
    // Electron's own fork() adds ELECTRON_RUN_AS_NODE; it means nothing to Node.
    expect(
      names.filter((name) =>
        /^(DATABRICKS|NODE_OPTIONS|ELECTRON_(?!RUN_AS_NODE)|DISPLAY|BREAKWATER_NO_SANDBOX)/.test(name ?? ''),
      ),
    ).toEqual([]);
  });

  it('brings its window forward when the profile is opened a second time', async () => {
    const electron = await electronForApp();
    await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize());
    const second = spawn(
      electron.path,
      [...(electron.source === 'registry package' ? [] : [root]), '--profile=default', ...electronFlags],
      {
        env: appEnvironment(home, display.name, env),
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    let said = '';
    second.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const code = await new Promise<number | null>((resolve) => second.once('close', resolve));
    expect(code).toBe(0);
    expect(said).toContain('open already');
    await until('the window in front', () =>
      running.app.evaluate(({ BrowserWindow }) => {
        const all = BrowserWindow.getAllWindows();
        return (all.length === 1 && all[0]?.isMinimized() === false) || null;
      }),
    );
  });

  it('gets a new core when its core is killed, and plain words after the third death', async () => {
    const first = await running.corePid();
    process.kill(first, 'SIGKILL');
    const next = await until('another core', async () => {
      const pid = await running.corePid();
      return pid === first ? null : pid;
    });
    await answered();
    process.kill(next, 'SIGKILL');
    const third = await until('a third core', async () => {
      const pid = await running.corePid();
      return pid === next ? null : pid;
    });
    process.kill(third, 'SIGKILL');
    const page = running.page;
    await until(
      'the notice',
      async () => (await page.getByText('stopped 3 times within a minute').count()) > 0 || null,
    );
    expect(await page.content()).toContain('safe on this disk');
    await page.getByRole('link', { name: 'Start it again' }).click();
    const fourth = await running.corePid();
    expect(fourth).not.toBe(third);
    await answered();
  });
});

describe('what the app said and kept', () => {
  const told = async (): Promise<readonly Left[]> =>
    [running.output(), running.coreLog(), await running.page.content(), ...running.complaints].map((text) =>
      leftText('what was said', text),
    );

  it('holds no token of the session, also after it was tried and the core was killed', async () => {
    await running.page.getByTestId('place-settings').click();
    await running.page.getByTestId('connection-found').click();
    await running.page.getByRole('option', { name: /from the environment/ }).click();
    await running.page.getByTestId('connection-path').fill('/sql/1.0/warehouses/abc');
    await running.page.getByTestId('connection-test').click();
    await until(
      'a step of the test that failed',
      async () =>
        (await running.page.getByText(/cannot be reached|does not resolve|not found|failed/i).count()) > 0 || null,
    );
    const pid = await running.corePid();
    process.kill(pid, 'SIGKILL');
    await until('another core', async () => ((await running.corePid()) === pid ? null : true));
    await answered();
    const left = leftIn(home);
    expect(left.some(({ place }) => place.endsWith('core.log'))).toBe(true);
    expect(foundIn([...left, ...(await told())], [env.DATABRICKS_TOKEN])).toEqual([]);
  });

  // Under Xvfb there is no keyring: what is typed is kept as in a browser, until a passphrase is chosen.
  it('holds nothing secret that was typed, also after the core and the window died', { timeout: 240_000 }, async () => {
    const story = await startSecretStory();
    onTestFinished(() => story.close());
    await story.connect(running.page, home);
    const pid = await running.corePid();
    process.kill(pid, 'SIGKILL');
    await until('another core', async () => ((await running.corePid()) === pid ? null : true));
    await story.unlock(running.page);
    const said = await told();
    // A window that dies with the secrets in its memory leaves no dump of it.
    await byId(running.page, 'connection-token').fill(env.DATABRICKS_TOKEN);
    const dumps = await running.app.evaluate(async ({ app, BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      const gone = new Promise((resolve) => contents?.once('render-process-gone', resolve));
      contents?.forcefullyCrashRenderer();
      await gone;
      return app.getPath('crashDumps');
    });
    expect(dumps.startsWith(home)).toBe(true);
    await running.close();
    const left = leftIn(home);
    const places = left.map(({ place }) => place);
    expect(places.filter((place) => place.includes('Local Storage')).length).toBeGreaterThan(0);
    expect(places.filter((place) => /\.dmp$|^core$|^core\.\d+$/.test(basename(place)))).toEqual([]);
    expect([...story.shown([...left, ...said]), ...foundIn(left, [env.DATABRICKS_TOKEN])]).toEqual([]);
  });
});

describe('a profile that another process holds', () => {
  it('is named on a plain page, and its core is not started again and again', async () => {
    const served = await serveApp({ home, profile: 'held', env: { ...env, DISPLAY: '' } });
    const other = await launchElectronApp({ profile: 'held', display, home, env, usable: false });
    await until(
      'the notice',
      async () => (await other.page.getByText(`process ${served.process.pid}`).count()) > 0 || null,
    );
    expect(await other.page.title()).toBe('Breakwater');
    expect(other.complaints).toEqual([]);
    expect(await served.stop()).toBe(0);
    // Once it is free, the link on that page is all it takes.
    await other.page.getByRole('link', { name: 'Start it again' }).click();
    await until('an answer of the core', async () => (await other.page.getByText(/only here/i).count()) > 0 || null);
    await other.close();
  });
});

describe('breakwater start', () => {
  it('takes Electron where it starts, prints READY, and ends cleanly', async () => {
    const electron = await electronForApp();
    const child = spawn(process.execPath, [join(root, 'dist/main/cli.js'), 'start', '--profile', 'started'], {
      env: appEnvironment(home, display.name, { ...env, BREAKWATER_ELECTRON: electron.path }),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const ready = await until('READY', () => /^READY (\{.*\})$/m.exec(said)?.[1]);
    expect(JSON.parse(ready)).toMatchObject({ url: 'breakwater://app/', profile: 'started' });
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    // The core has let go of the profile.
    expect(existsSync(join(home, 'profiles', 'started', 'lock'))).toBe(false);
  });
});
