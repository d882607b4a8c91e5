import type { Failure } from '../base/failure.ts';
import type { Channel, ClientFrame, ServerFrame } from './wire.ts';

/**
 * Several windows over one message pipe to a core process (`process.send` of a Node child, serialization 'advanced'). Each
 * window has a port number; the parent opens and closes ports. Beside them a few words between the two processes.
 */
export type ToCore =
  /**
   * First message. `keyring`: 32 bytes (base64) from the operating system's keyring to wrap the device key; null = none.
   * `variables`: what the user's session says of a workspace (DATABRICKS_*), where the core's own environment must not carry it.
   */
  | {
      readonly t: 'start';
      readonly keyring: string | null;
      readonly variables?: Readonly<Record<string, string>>;
    }
  | { readonly t: 'open'; readonly port: number }
  | { readonly t: 'frame'; readonly port: number; readonly frame: ClientFrame }
  | { readonly t: 'close'; readonly port: number }
  /** Close the database and exit with 0. */
  | { readonly t: 'end' };
export type FromCore =
  | { readonly t: 'ready' }
  /** The profile cannot be opened; the process exits with `refusedExit` and is not started again by itself. */
  | { readonly t: 'failed'; readonly failure: Failure }
  | { readonly t: 'frame'; readonly port: number; readonly frame: ServerFrame }
  | { readonly t: 'close'; readonly port: number }
  /** A finished file that a window may fetch once, at `/download/<ticket>` of its host. */
  | { readonly t: 'offer'; readonly ticket: string; readonly file: string };

/**
 * Flags of a Node that runs a core: a young generation of at most 16 MB a half. Node's own default is several times that, which a
 * bulk pull fills with rows that are stored already; Electron's utility process takes no such flags and has about this much by
 * itself (17 MB, measured on Electron 33). The scripts of package.json start the browser's host with the same.
 */
export const coreFlags: readonly string[] = ['--max-semi-space-size=16'];

/** Exit code of a core that could not open its profile: starting it again would not help. */
export const refusedExit = 78;

type End<Out, In> = {
  readonly channel: Channel<Out, In>;
  readonly deliver: (frame: In) => void;
  readonly closed: () => void;
};

/** One port's end: what arrives before somebody listens is kept. */
const portEnd = <Out, In>(send: (frame: Out) => void, close: () => void): End<Out, In> => {
  const listeners = new Set<(frame: In) => void>();
  const closing = new Set<() => void>();
  const early: In[] = [];
  let open = true;
  const closed = (): void => {
    if (!open) return;
    open = false;
    for (const listener of closing) listener();
  };
  return {
    channel: {
      send: (frame) => {
        if (open) send(frame);
      },
      onFrame: (listener) => {
        listeners.add(listener);
        for (const frame of early.splice(0)) listener(frame);
      },
      onClose: (listener) => void closing.add(listener),
      close: () => {
        if (!open) return;
        close();
        closed();
      },
    },
    deliver: (frame) => {
      if (listeners.size === 0) early.push(frame);
      for (const listener of listeners) listener(frame);
    },
    closed,
  };
};

/** The parent's side: `open` a channel for a window; feed it every message of the child; `died` when the child is gone. */
export const corePorts = (
  send: (message: ToCore) => void,
): {
  readonly open: () => Channel<ClientFrame, ServerFrame>;
  readonly receive: (message: FromCore) => void;
  readonly died: () => void;
} => {
  const ends = new Map<number, End<ClientFrame, ServerFrame>>();
  let lastPort = 0;
  const gone = (port: number): void => {
    const end = ends.get(port);
    ends.delete(port);
    end?.closed();
  };
  return {
    open: () => {
      const port = ++lastPort;
      const end = portEnd<ClientFrame, ServerFrame>(
        (frame) => send({ t: 'frame', port, frame }),
        () => {
          ends.delete(port);
          send({ t: 'close', port });
        },
      );
      ends.set(port, end);
      send({ t: 'open', port });
      return end.channel;
    },
    receive: (message) => {
      if (message.t === 'frame') ends.get(message.port)?.deliver(message.frame);
      else if (message.t === 'close') gone(message.port);
    },
    died: () => {
      for (const port of ends.keys()) gone(port);
    },
  };
};

/** The core's side: each opened port is a window to accept. */
export const windowPorts = (
  send: (message: FromCore) => void,
  accept: (channel: Channel<ServerFrame, ClientFrame>) => void,
): ((message: ToCore) => void) => {
  const ends = new Map<number, End<ServerFrame, ClientFrame>>();
  return (message) => {
    if (message.t === 'open') {
      const { port } = message;
      const end = portEnd<ServerFrame, ClientFrame>(
        (frame) => send({ t: 'frame', port, frame }),
        () => {
          ends.delete(port);
          send({ t: 'close', port });
        },
      );
      ends.set(port, end);
      accept(end.channel);
    } else if (message.t === 'frame') ends.get(message.port)?.deliver(message.frame);
    else if (message.t === 'close') {
      const end = ends.get(message.port);
      ends.delete(message.port);
      end?.closed();
    }
  };
};
