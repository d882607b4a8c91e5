import { assert } from '../../shared/base/assert.ts';
import type { FromCore, ToCore } from '../../shared/contract/mux.ts';
import { refusedExit } from '../../shared/contract/mux.ts';
import type { Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';
import { createCore } from './create-core.ts';
import { endOnUncaught } from './last-words.ts';
import { entryOptions, nodeCoreDeps, offerThrough } from './entry-deps.ts';
import { keepHeapSmall } from './small-heap.ts';

/**
 * The core as Electron's utility process. The shell posts `{ t: 'start' }`, then `{ t: 'port' }` with one transferred port a
 * window; `{ t: 'end' }` closes the database first. Electron is not imported: its types here are the part that is used.
 */
type PortMain = {
  readonly postMessage: (message: unknown) => void;
  readonly on: (event: 'message' | 'close', listener: (event: { readonly data: unknown }) => void) => unknown;
  readonly start: () => void;
  readonly close: () => void;
};
type ParentPort = {
  readonly postMessage: (message: unknown) => void;
  readonly on: (
    event: 'message',
    listener: (event: { readonly data: unknown; readonly ports: readonly PortMain[] }) => void,
  ) => unknown;
};
type Start = Extract<ToCore, { t: 'start' }>;
type ToUtility = Extract<ToCore, { t: 'start' | 'end' }> | { readonly t: 'port' };

const isParentPort = (value: unknown): value is ParentPort =>
  typeof value === 'object' && value !== null && 'postMessage' in value;

/** A window's end over a transferred port. */
export const portMainChannel = (port: PortMain): Channel<ServerFrame, ClientFrame> => ({
  send: (frame) => port.postMessage(frame),
  onFrame: (listener) => {
    port.on('message', ({ data }) => listener(data as ClientFrame));
    port.start();
  },
  onClose: (listener) => void port.on('close', () => listener()),
  close: () => port.close(),
});

/** Serve over the given parent port; a function, so that it can be run without Electron. */
export const runUtility = (parent: ParentPort, exit: (code: number) => void): void => {
  const tell = (message: FromCore): void => parent.postMessage.call(parent, message);
  let accept: ((channel: Channel<ServerFrame, ClientFrame>) => void) | null = null;
  let close = (): Promise<void> => Promise.resolve();
  // Windows that ask while the profile is still being opened.
  const early: PortMain[] = [];

  const start = async ({ keyring, variables }: Start): Promise<void> => {
    const core = await createCore({
      ...nodeCoreDeps(entryOptions(process.argv.slice(2), process.execPath), process.env, keyring, variables),
      offerFile: offerThrough(tell),
    });
    if (!core.ok) {
      tell({ t: 'failed', failure: core.error });
      return exit(refusedExit);
    }
    ({ accept, close } = core.value);
    for (const port of early.splice(0)) accept(portMainChannel(port));
    tell({ t: 'ready' });
  };

  parent.on('message', ({ data, ports }) => {
    const message = data as ToUtility;
    const [port] = ports;
    if (message.t === 'start') void start(message);
    else if (message.t === 'end') void close().then(() => exit(0));
    else if (port !== undefined && accept === null) early.push(port);
    else if (port !== undefined) accept?.(portMainChannel(port));
  });
};

const parentPort: unknown = 'parentPort' in process ? process.parentPort : undefined;
if (parentPort !== undefined && parentPort !== null) {
  assert(isParentPort(parentPort), 'a utility process has a parent port');
  keepHeapSmall();
  endOnUncaught((code) => process.exit(code));
  runUtility(parentPort, (code) => process.exit(code));
}
