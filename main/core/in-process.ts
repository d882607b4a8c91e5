import type { Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';

/**
 * A pair of joined channels inside one process, for tests and tools that host a core. Frames are cloned and arrive in a later
 * microtask, as over any other channel, so that nobody can lean on shared objects or on an answer within the call.
 */
export const channelPair = (): {
  readonly client: Channel<ClientFrame, ServerFrame>;
  readonly server: Channel<ServerFrame, ClientFrame>;
} => {
  const toServer = new Set<(frame: ClientFrame) => void>();
  const toClient = new Set<(frame: ServerFrame) => void>();
  const closing = new Set<() => void>();
  let open = true;

  const deliver =
    <F>(listeners: ReadonlySet<(frame: F) => void>) =>
    (frame: F): void => {
      if (!open) return;
      const copy = structuredClone(frame);
      queueMicrotask(() => {
        for (const listener of listeners) listener(copy);
      });
    };
  const shared = {
    onClose: (listener: () => void) => void closing.add(listener),
    // What was sent before arrives before: the word that ends a conversation must not be lost by ending it.
    close: () => {
      if (!open) return;
      open = false;
      queueMicrotask(() => {
        for (const listener of closing) listener();
      });
    },
  };
  return {
    client: { send: deliver(toServer), onFrame: (listener) => void toClient.add(listener), ...shared },
    server: { send: deliver(toClient), onFrame: (listener) => void toServer.add(listener), ...shared },
  };
};
