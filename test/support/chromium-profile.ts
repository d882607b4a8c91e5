// A Chromium with a profile of its own on disk and a display, as somebody uses it: what it keeps can be looked at afterwards.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type BrowserContext, chromium } from 'playwright-core';
import { browserFlags, resolveBrowser } from './browser.ts';
import type { Display } from './display.ts';

/**
 * Open one on `folder`; closing the context ends it and writes the profile. Without what automation usually switches off: it may
 * offer to save passwords and keep sessions, as it does for a person.
 */
export const openChromiumProfile = (folder: string, display: Display): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, {
    executablePath: resolveBrowser(),
    headless: false,
    args: [...browserFlags],
    ignoreDefaultArgs: ['--enable-automation', '--no-startup-window', '--disable-session-crashed-bubble'],
    env: { ...process.env, DISPLAY: display.name },
    viewport: { width: 1280, height: 800 },
  });

/** How many sign-ins and form fields a profile has saved. The passwords among them are encrypted, so rows are counted. */
export const savedByChromium = (folder: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [
      ['Login Data', 'logins'],
      ['Web Data', 'autofill'],
    ].map(([file = '', table = '']) => {
      const path = join(folder, 'Default', file);
      if (!existsSync(path)) throw new Error(`Chromium keeps no ${file} here: look where it does`);
      const db = new Database(path, { readonly: true });
      try {
        return [table, Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get())];
      } finally {
        db.close();
      }
    }),
  );
