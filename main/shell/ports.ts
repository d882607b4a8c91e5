import type { ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';

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

/** What travels between the shell and a core in a Node child: many windows over one channel, told apart by `port`. */
export type ToChild =
  { readonly port: number; readonly frame: ClientFrame } | { readonly port: number; readonly closed: true };
export type FromChild =
  { readonly port: number; readonly frame: ServerFrame } | { readonly port: number; readonly closed: true };

/**
 * Joins MessagePorts of windows to the one channel of a child process. Numbers are never used twice, so that a late frame of
 * a closed window finds nobody.
 */
export const portRelay = (send: (message: ToChild) => void) => {
  const ports = new Map<number, MainPort>();
  let last = 0;
  return {
    /** Take over one end for as long as the child lives or the window keeps it. */
    join: (port: MainPort): void => {
      const number = ++last;
      ports.set(number, port);
      port.on('message', (event) => {
        if (ports.has(number)) send({ port: number, frame: event.data as ClientFrame });
      });
      port.on('close', () => {
        if (ports.delete(number)) send({ port: number, closed: true });
      });
      port.start();
    },
    /** A message of the child. Anything that is none is ignored. */
    receive: (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !('port' in message)) return;
      const port = typeof message.port === 'number' ? ports.get(message.port) : undefined;
      if (port === undefined) return;
      if ('frame' in message) port.postMessage(message.frame);
      else if ('closed' in message) {
        ports.delete(message.port as number);
        port.close();
      }
    },
    /** The child is gone: the windows see it at once. */
    end: (): void => {
      const open = [...ports.values()];
      ports.clear();
      for (const port of open) port.close();
    },
  };
};
