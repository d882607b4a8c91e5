import type { ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';
import type { ChannelSource, CoreChannel } from './client.ts';

/** What the preload posts with the port, and what the page posts when it listens (a port that came earlier is kept for it). */
export const portMessage = 'breakwater-port';
export const readyMessage = 'breakwater-ready';

type PortEvents = Pick<MessagePort, 'postMessage' | 'addEventListener' | 'start' | 'close'>;

/** One end over a MessagePort. A port of a dead core gives no sign on every platform: the next port ends this one, too. */
export const portChannel = (port: PortEvents): CoreChannel => {
  const closing = new Set<() => void>();
  let open = true;
  const closed = (): void => {
    if (!open) return;
    open = false;
    for (const listener of closing) listener();
  };
  port.addEventListener('close', closed);
  return {
    send: (frame: ClientFrame) => {
      if (open) port.postMessage(frame);
    },
    onFrame: (listener) => {
      port.addEventListener('message', (event: Event) => {
        if (open) listener((event as MessageEvent<ServerFrame>).data);
      });
      port.start();
    },
    onClose: (listener) => void closing.add(listener),
    close: () => {
      port.close();
      closed();
    },
  };
};

/** Channels of the Electron window: the preload forwards one port for each life of the core. */
export const windowSource = (page: Window): ChannelSource => {
  const listeners = new Set<(channel: CoreChannel) => void>();
  const onMessage = (event: MessageEvent): void => {
    // Only this window's own preload posts here: no frame, no opener, no other origin.
    if (event.source !== page || event.data !== portMessage) return;
    const [port] = event.ports;
    if (port !== undefined) for (const listener of listeners) listener(portChannel(port));
  };
  return {
    onChannel: (listener) => {
      listeners.add(listener);
      page.addEventListener('message', onMessage);
      page.postMessage(readyMessage, page.location.origin);
    },
    onGiveUp: () => undefined,
    close: () => page.removeEventListener('message', onMessage),
  };
};
