import { ipcRenderer } from 'electron';

/**
 * All that the window gets from the shell: one MessagePort to the core for each life of the core. Nothing is exposed to the
 * page; the port arrives as an ordinary message of its own window. Names are those of renderer/bridge/window-channel.ts and
 * main/shell/ports.ts; a preload is one file, so they are written out here and compared by a test.
 */
const portMessage = 'breakwater-port';
const readyMessage = 'breakwater-ready';

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.source === window && event.data === readyMessage) ipcRenderer.send(readyMessage);
});

ipcRenderer.on(portMessage, (event) => {
  window.postMessage(portMessage, window.location.origin, event.ports);
});
