import { fork } from 'node:child_process';
import { type MessagePortMain, utilityProcess } from 'electron';
import { coreArguments } from './core-arguments.ts';
import { portRelay } from './ports.ts';
import { lineRedactor } from './redact.ts';
import type { CoreRuntime } from './runtime.ts';

/** One life of the core, whatever carries it. */
export type CoreProcess = {
  readonly pid: () => number | undefined;
  /** Hand one end of a channel over; it is served until either side closes it. */
  readonly join: (port: MessagePortMain) => void;
  readonly onExit: (listener: (how: string) => void) => void;
  readonly onDownload: (listener: (offer: DownloadOffer) => void) => void;
  /** Ask it to end: it closes its database first. */
  readonly end: () => void;
  readonly kill: () => void;
};
/** The core offers a finished file to the window: `ticket` is good once, under `breakwater://app/download/<ticket>`. */
export type DownloadOffer = { readonly ticket: string; readonly file: string };

export type CoreStart = {
  readonly runtime: Exclude<CoreRuntime, { kind: 'none' }>;
  readonly profile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Key that wraps the device key, from the system keyring; null where there is none. Travels in a message, never in argv. */
  readonly keyringKey: Uint8Array | null;
  /** Takes the redacted lines of its standard output and error. */
  readonly log: (line: string) => void;
};

const isOffer = (message: unknown): message is { readonly download: DownloadOffer } =>
  typeof message === 'object' && message !== null && 'download' in message;

export const startCore = (start: CoreStart): CoreProcess =>
  start.runtime.kind === 'utility' ? startUtility(start, start.runtime.entry) : startChild(start, start.runtime);

const pipe = (stream: NodeJS.ReadableStream | null, log: (line: string) => void): void => {
  const lines = lineRedactor(log);
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => lines.feed(chunk));
  stream?.on('end', () => lines.end());
};

const startChild = (start: CoreStart, runtime: { readonly entry: string; readonly node: string }): CoreProcess => {
  const child = fork(runtime.entry, coreArguments(start), {
    execPath: runtime.node,
    execArgv: [],
    serialization: 'advanced',
    env: { ...start.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // A channel that breaks while a message is under way is the death of the child, which `exit` tells.
  const send = (message: object): void => void (child.connected && child.send(message, () => undefined));
  const relay = portRelay(send);
  const offers = new Set<(offer: DownloadOffer) => void>();
  pipe(child.stdout, start.log);
  pipe(child.stderr, start.log);
  child.on('message', (message: unknown) => {
    if (isOffer(message)) for (const listener of offers) listener(message.download);
    else relay.receive(message);
  });
  if (start.keyringKey !== null) send({ keyringKey: start.keyringKey });

  let ended = false;
  const exits = new Set<(how: string) => void>();
  const exit = (how: string): void => {
    if (ended) return;
    ended = true;
    relay.end();
    for (const listener of exits) listener(how);
  };
  child.once('exit', (code, signal) => exit(signal ?? `exit ${code ?? 'unknown'}`));
  child.once('error', (thrown) => exit(thrown.message));
  return {
    pid: () => child.pid,
    join: (port) => relay.join(port),
    onExit: (listener) => void exits.add(listener),
    onDownload: (listener) => void offers.add(listener),
    end: () => void child.kill('SIGTERM'),
    kill: () => void child.kill('SIGKILL'),
  };
};

const startUtility = (start: CoreStart, entry: string): CoreProcess => {
  const core = utilityProcess.fork(entry, coreArguments(start), {
    serviceName: 'Breakwater core',
    env: { ...start.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const offers = new Set<(offer: DownloadOffer) => void>();
  pipe(core.stdout, start.log);
  pipe(core.stderr, start.log);
  core.on('message', (message: unknown) => {
    if (isOffer(message)) for (const listener of offers) listener(message.download);
  });
  if (start.keyringKey !== null) core.postMessage({ keyringKey: start.keyringKey });
  return {
    pid: () => core.pid,
    join: (port) => core.postMessage({ port: 1 }, [port]),
    onExit: (listener) => void core.once('exit', (code) => listener(`exit ${code}`)),
    onDownload: (listener) => void offers.add(listener),
    end: () => void core.kill(),
    kill: () => void core.kill(),
  };
};
