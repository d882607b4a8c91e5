import { createClient } from '../bridge/client.ts';
import { socketSource } from '../bridge/socket-channel.ts';
import { windowSource } from '../bridge/window-channel.ts';
import { start } from './start.tsx';

/** In a browser the core is behind a socket; in the app's own window it is behind the port that the preload forwards. */
const inBrowser = /^https?:$/.test(window.location.protocol);
const client = createClient(
  inBrowser
    ? socketSource({
        location: window.location,
        history: window.history,
        storage: window.sessionStorage,
        fetch: window.fetch.bind(window),
        WebSocket: window.WebSocket,
        scheduler: {
          after: (ms, run) => {
            const timer = setTimeout(run, ms);
            return () => clearTimeout(timer);
          },
        },
      })
    : windowSource(window),
);

const root = document.getElementById('root');
if (root !== null) start(root, client);
