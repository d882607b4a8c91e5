import { join } from 'node:path';
import { BrowserWindow, screen } from 'electron';
import { startPage } from './origin.ts';
import { windowPreferences } from './preferences.ts';
import { clampToDisplays, readWindowState, smallest, writeWindowState } from './window-state.ts';

export type WindowPlaces = {
  /** Folder of the bundles; the preload is in it. */
  readonly bundles: string;
  readonly stateFile: string;
  readonly icon: string;
};

/** The one place where a window is made. It shows itself when it has something to show. */
export const createWindow = (places: WindowPlaces): BrowserWindow => {
  const areas = screen.getAllDisplays().map((display) => display.workArea);
  const state = clampToDisplays(readWindowState(places.stateFile), areas);
  const window = new BrowserWindow({
    ...state.bounds,
    minWidth: smallest.width,
    minHeight: smallest.height,
    show: false,
    title: 'Breakwater',
    backgroundColor: '#0b1014',
    icon: places.icon,
    webPreferences: windowPreferences(join(places.bundles, 'preload.cjs')),
  });
  if (state.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    writeWindowState(places.stateFile, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  });
  void window.loadURL(startPage).catch(() => undefined);
  return window;
};

/** Bring a window to the person: a second start of the same profile does this instead of opening another. */
export const focusWindow = (window: BrowserWindow): void => {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
};
