import { corePorts, type FromCore, type ToCore } from '../../shared/contract/mux.ts';
import type { ClientFrame } from '../../shared/contract/wire.ts';

/** Names of the two messages between page, preload and shell; renderer/bridge/window-channel.ts has the same. */
export const portMessage = 'breakwater-port';
export const readyMessage = 'breakwater-ready';

/** One end of a MessageChannelMain, as much of it as is used here. */
export type MainPort = {
  readonly postMessage: (message: unknown) => void;
  readonly on: {
    (event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
    (event: 'close', listener: () => void): unknown;
  };
  readonly start: () => void;
  readonly close: () => void;
};

/**
 * Joins MessagePorts of windows to the one channel of a Node child, in the words of contract/mux.ts. A window that closes
 * its port closes it in the core; a core that dies closes all of them, so that the windows see it at once.
 */
export const portRelay = (send: (message: ToCore) => void) => {
  const cores = corePorts(send);
  const open = new Set<MainPort>();
  return {
    /** Take over one end for as long as the child lives or the window keeps it. */
    join: (port: MainPort): void => {
      const channel = cores.open();
      open.add(port);
      channel.onFrame((frame) => port.postMessage(frame));
      channel.onClose(() => {
        if (open.delete(port)) port.close();
      });
      // A page may post anything; the core checks every frame.
      port.on('message', (event) => channel.send(event.data as ClientFrame));
      port.on('close', () => {
        open.delete(port);
        channel.close();
      });
      port.start();
    },
    receive: (message: FromCore): void => cores.receive(message),
    end: (): void => cores.died(),
  };
};
