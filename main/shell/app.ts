import { existsSync, mkdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, ipcMain, Menu, protocol, safeStorage, session, shell } from 'electron';
import type { Failure } from '../../shared/base/failure.ts';
import { askSignInPage, askStatus } from './ask-core.ts';
import { loadWindowFiles } from './assets.ts';
import { coreEnvironment, workspaceVariables } from './core-env.ts';
import { coreLink } from './core-link.ts';
import { type CoreProcess, startCore } from './core-process.ts';
import { downloadDesk, downloadResponse, guardDownloads } from './downloads.ts';
import { externalDecision } from './external.ts';
import { guardApp, guardSession } from './guards.ts';
import { onWindowMessage } from './ipc.ts';
import { keyringKey } from './keyring.ts';
import { logFile } from './log-file.ts';
import { menuTemplate } from './menu.ts';
import { againPath, noticePage, noticePath } from './notice.ts';
import { isOwnDownload, ownOrigin, startPage } from './origin.ts';
import { readyMessage } from './ports.ts';
import { serveWindow } from './protocol.ts';
import { coreRuntime } from './runtime.ts';
import { supervise, type Supervisor } from './supervise.ts';
import { systemClock, systemScheduler } from './system.ts';
import { createWindow, focusWindow } from './window.ts';

export type AppPlaces = {
  readonly bundles: string;
  /** Folder of the profile. */
  readonly folder: string;
  readonly profile: string;
  /** Folder of package.json. */
  readonly root: string;
};

/** The desktop app, from "this profile is ours" until it has quit. */
export const runApp = (places: AppPlaces): void => {
  mkdirSync(places.folder, { recursive: true, mode: 0o700 });
  const log = logFile(join(places.folder, 'core.log'));
  const link = coreLink();
  const desk = downloadDesk();
  let supervisor: Supervisor<CoreProcess> | null = null;
  let window: BrowserWindow | null = null;
  let stopped: Failure | null = null;
  let quitting = false;
  let ready = false;
  /** A page has loaded; `isLoading` is still true in the event that says so. */
  let loaded = false;
  /** The core that has opened the profile. */
  let up: CoreProcess | null = null;

  const openWindow = (): void => {
    if (window !== null) return focusWindow(window);
    window = createWindow({
      bundles: places.bundles,
      stateFile: join(places.folder, 'window.json'),
      icon: join(places.root, 'resources', 'icons', 'breakwater.png'),
    });
    window.on('closed', () => (window = null));
    window.webContents.on('did-finish-load', () => {
      loaded = true;
      announce();
    });
  };
  const show = (path: string): void => void window?.loadURL(`${ownOrigin}${path}`).catch(() => undefined);
  const again = (): void => {
    stopped = null;
    supervisor?.again();
  };
  const giveUp = (failure: Failure): void => {
    stopped = failure;
    log(JSON.stringify({ level: 'error', message: 'the core is not started again', code: failure.code ?? '' }));
    if (window !== null) show(noticePath);
  };
  const leave = (address: string): void => {
    const decision = externalDecision(address);
    if ('open' in decision) return askToOpen(decision);
    // Not a place that is known: it may still be the page on which somebody is to sign in, and the core knows.
    if (up !== null)
      askSignInPage(up, (offered) => {
        const again = externalDecision(address, offered);
        if ('open' in again) askToOpen(again);
      });
  };
  const askToOpen = (decision: { readonly open: string; readonly host: string }): void => {
    if (window === null) return;
    // The person's click in this dialog is the gesture; a page cannot give it.
    void dialog
      .showMessageBox(window, {
        type: 'question',
        message: `Open ${decision.host} in your browser?`,
        detail: decision.open.slice(0, 500),
        buttons: ['Open', 'Cancel'],
        defaultId: 1,
        cancelId: 1,
      })
      .then(({ response }) => (response === 0 ? shell.openExternal(decision.open) : undefined));
  };

  /** One line for whoever started us, once the window is loaded and the core has answered. */
  const announce = (): void => {
    const core = up;
    if (ready || core === null || !loaded) return;
    askStatus(core, (workspace) => {
      if (ready) return;
      ready = true;
      process.stdout.write(`READY ${JSON.stringify({ url: startPage, workspace, profile: places.profile })}\n`);
    });
  };

  const startSupervisor = async (): Promise<void> => {
    const runtime = coreRuntime({
      napi: process.versions['napi'],
      bundles: places.bundles,
      app: places.root,
      platform: process.platform,
      env: process.env,
      exists: existsSync,
    });
    if (runtime.kind === 'none') return fatal('The core cannot run here.', runtime.problem);
    const key = await keyringKey(join(places.folder, 'keyring.key'), process.platform, safeStorage);
    if (!key.ok) return fatal(key.error.what, `${key.error.safe}\n\n${key.error.advice}`);
    const [env, variables] = [coreEnvironment(process.env), workspaceVariables(process.env)];
    const corePlaces = {
      profile: places.profile,
      version: app.getVersion(),
      node: runtime.node,
      practiceEntry: join(places.bundles, 'practice.js'),
    };
    supervisor = supervise<CoreProcess>({
      start: () => startCore({ runtime, places: corePlaces, env, keyring: key.value, variables, log }),
      clock: systemClock,
      scheduler: systemScheduler,
      onStart: (core) => {
        core.onOffer(desk.offer);
        core.onReady(() => {
          link.started(core);
          up = core;
          announce();
        });
      },
      onDeath: (how, restartsInMs) => {
        link.died();
        up = null;
        desk.forget();
        log(JSON.stringify({ level: 'warn', message: 'the core stopped', how, restartsInMs }));
      },
      onGiveUp: (failure) => {
        link.died();
        up = null;
        giveUp(failure);
      },
    });
  };

  app.on('second-instance', openWindow);
  app.on('activate', () => (app.isReady() ? openWindow() : undefined));
  app.on('window-all-closed', () => (process.platform === 'darwin' ? undefined : app.quit()));
  app.on('before-quit', (event) => {
    if (quitting || supervisor === null) return;
    // Quitting waits until the core has closed its database.
    event.preventDefault();
    quitting = true;
    void supervisor.stop().then(() => app.quit());
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit());
  guardApp(app, { onLeave: leave });
  onWindowMessage(ipcMain, readyMessage, (contents) => link.ready(contents));

  void app.whenReady().then(async () => {
    guardSession(session.defaultSession);
    guardDownloads(session.defaultSession, isOwnDownload);
    const files = loadWindowFiles(join(places.bundles, '..'));
    serveWindow(protocol, files, (pathname) => {
      if (pathname === noticePath && stopped !== null)
        return noticePage(stopped, `Log: ${join(places.folder, 'core.log')}`);
      if (pathname === againPath) {
        again();
        return Response.redirect(startPage);
      }
      const file = desk.take(pathname);
      return file === null ? null : downloadResponse(file);
    });
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(
        menuTemplate({
          platform: process.platform,
          showProfileFolder: () => void shell.openPath(places.folder),
          restartCore: () => {
            if (stopped === null) return supervisor?.current()?.end();
            again();
            show('/');
          },
          about: () => void dialog.showMessageBox({ message: `Breakwater ${app.getVersion()}`, detail: runs() }),
        }),
      ),
    );
    openWindow();
    await startSupervisor();
  }, fatalStart);
};

const runs = (): string => {
  const { electron, chrome, node, napi } = process.versions;
  return `Electron ${electron}, Chromium ${chrome}, Node ${node}, Node-API ${napi}`;
};

/** Words first to standard error, then to the person; the box does not hold up the process, which others may be asking. */
const fatal = (what: string, detail: string): void => {
  writeSync(2, `${what} ${detail}\n`);
  void dialog.showMessageBox({ type: 'error', message: what, detail, buttons: ['Quit'] }).finally(() => app.exit(1));
};

const fatalStart = (thrown: unknown): void =>
  fatal('Breakwater cannot start.', thrown instanceof Error ? thrown.message : String(thrown));
