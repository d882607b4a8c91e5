import type { Scheduler } from '../../shared/base/time.ts';
import { type Client, createClient } from './client.ts';
import { socketSource } from './socket-channel.ts';
import { windowSource } from './window-channel.ts';

/** The page's timer behind the seam. */
export const pageScheduler: Scheduler = {
  after: (ms, run) => {
    const timer = globalThis.setTimeout(run, ms);
    return () => globalThis.clearTimeout(timer);
  },
};

/** True in the Electron window, whose pages have a scheme of their own; anything else is served by the browser host. */
export const isElectronWindow = (page: Pick<Window, 'location'>): boolean => page.location.protocol === 'breakwater:';

/** The client for this page: over the port that the preload forwards, or over the browser host's WebSocket. */
export const connectCore = (page: Window & typeof globalThis): Client =>
  createClient(
    isElectronWindow(page)
      ? windowSource(page)
      : socketSource({
          location: page.location,
          history: page.history,
          storage: page.sessionStorage,
          fetch: (path, request) => page.fetch(path, request),
          WebSocket: page.WebSocket,
          scheduler: pageScheduler,
        }),
  );
