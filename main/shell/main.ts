import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from 'electron';
import { profileFolder } from '../../shared/domain/paths.ts';
import { announceScheme } from './protocol.ts';
import { shellOptions } from './options.ts';
import { runApp } from './app.ts';
import { appFolder } from './runtime.ts';

// The entry only decides what to be; app.ts is the app. No crash dump is ever uploaded, because none is collected: a dump is
// an image of memory, and memory holds keys.
const bundles = dirname(fileURLToPath(import.meta.url));
const options = shellOptions(process.argv.slice(1));
if ('problem' in options) {
  process.stderr.write(`${options.problem}\n`);
  app.exit(2);
} else {
  // Chromium's sandbox does not run as root. Only tests go without it, and only when they say so twice; a window keeps
  // `sandbox: true` among its preferences even then, so that its preload is the same.
  const unsandboxed = app.commandLine.hasSwitch('no-sandbox') && process.env['BREAKWATER_NO_SANDBOX'] === '1';
  if (!unsandboxed) app.enableSandbox();
  announceScheme();
  const folder = profileFolder({ platform: process.platform, home: homedir(), env: process.env }, options.profile);
  // One instance for each profile: Electron's lock lies in userData.
  const probing = options.probe ? mkdtempSync(join(tmpdir(), 'breakwater-probe-')) : null;
  app.setPath('userData', probing ?? join(folder, 'window'));
  if (probing !== null) {
    void app.whenReady().then(() => {
      const { electron, napi } = process.versions;
      process.stdout.write(`PROBE ${JSON.stringify({ electron, napi })}\n`);
      rmSync(probing, { recursive: true, force: true });
      app.exit(0);
    });
  } else if (app.requestSingleInstanceLock())
    runApp({ bundles, folder, profile: options.profile, root: appFolder(bundles) });
  else {
    process.stdout.write(
      `Breakwater is open already with profile ${options.profile}; its window was brought to the front.\n`,
    );
    app.exit(0);
  }
}
