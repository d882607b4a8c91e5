import { fork } from 'node:child_process';
import { type MessagePortMain, utilityProcess } from 'electron';
import type { Failure } from '../../shared/base/failure.ts';
import { coreFlags, type FromCore } from '../../shared/contract/mux.ts';
import { coreArguments, type CorePlaces } from './core-arguments.ts';
import { portRelay } from './ports.ts';
import { lineRedactor } from './redact.ts';
import type { CoreRuntime } from './runtime.ts';

/** One life of the core, whatever carries it. */
export type CoreProcess = {
  readonly pid: () => number | undefined;
  /** The profile is open: windows may be joined from now on. */
  readonly onReady: (listener: () => void) => void;
  /** Hand one end of a channel over; it is served until either side closes it. */
  readonly join: (port: MessagePortMain) => void;
  /** It offers a finished file to its window. */
  readonly onOffer: (listener: (ticket: string, file: string) => void) => void;
  /** It is gone. `refused`: it could not open the profile and said why; starting it again would not help. */
  readonly onExit: (listener: (how: string, refused: Failure | null) => void) => void;
  /** Ask it to end: it closes its database first. */
  readonly end: () => void;
};

export type CoreStart = {
  readonly runtime: Exclude<CoreRuntime, { kind: 'none' }>;
  readonly places: CorePlaces;
  readonly env: Readonly<Record<string, string>>;
  /** 32 bytes (base64) that wrap the device key, from the system keyring; null where there is none. Never in argv. */
  readonly keyring: string | null;
  /** What the session says of a workspace; may be secret. Never in argv, never in the environment of the core. */
  readonly variables: Readonly<Record<string, string>>;
  /** Takes the redacted lines of its standard output and error. */
  readonly log: (line: string) => void;
};

export const startCore = (start: CoreStart): CoreProcess =>
  start.runtime.kind === 'utility' ? startUtility(start, start.runtime.entry) : startChild(start, start.runtime);

const pipe = (stream: NodeJS.ReadableStream | null, log: (line: string) => void): void => {
  const lines = lineRedactor(log);
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => lines.feed(chunk));
  stream?.on('end', () => lines.end());
};

/** What both kinds of process tell: ready once, why they refused, that they are gone. */
const reports = () => {
  const readies = new Set<() => void>();
  const offers = new Set<(ticket: string, file: string) => void>();
  const exits = new Set<(how: string, refused: Failure | null) => void>();
  let refused: Failure | null = null;
  let gone = false;
  return {
    onReady: (listener: () => void): void => void readies.add(listener),
    onOffer: (listener: (ticket: string, file: string) => void): void => void offers.add(listener),
    onExit: (listener: (how: string, refused: Failure | null) => void): void => void exits.add(listener),
    receive: (message: FromCore): void => {
      if (message.t === 'ready') for (const listener of readies) listener();
      else if (message.t === 'failed') refused = message.failure;
      else if (message.t === 'offer') for (const listener of offers) listener(message.ticket, message.file);
    },
    exit: (how: string): void => {
      if (gone) return;
      gone = true;
      for (const listener of exits) listener(how, refused);
    },
  };
};

const startChild = (start: CoreStart, runtime: { readonly entry: string; readonly node: string }): CoreProcess => {
  const child = fork(runtime.entry, coreArguments(start.places), {
    execPath: runtime.node,
    execArgv: [...coreFlags],
    serialization: 'advanced',
    env: { ...start.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // A channel that breaks while a message is under way is the death of the child, which `exit` tells.
  const send = (message: object): void => void (child.connected && child.send(message, () => undefined));
  const relay = portRelay(send);
  const told = reports();
  pipe(child.stdout, start.log);
  pipe(child.stderr, start.log);
  child.on('message', (message) => {
    // Our own core is at the other end; it speaks contract/mux.ts.
    const said = message as FromCore;
    told.receive(said);
    relay.receive(said);
  });
  child.once('exit', (code, signal) => {
    relay.end();
    told.exit(signal ?? `exit ${code ?? 'unknown'}`);
  });
  child.once('error', (thrown) => {
    relay.end();
    told.exit(thrown.message);
  });
  send({ t: 'start', keyring: start.keyring, variables: start.variables });
  return {
    pid: () => child.pid,
    onReady: told.onReady,
    onOffer: told.onOffer,
    onExit: told.onExit,
    join: (port) => relay.join(port),
    end: () => void (child.connected ? send({ t: 'end' }) : child.kill()),
  };
};

const startUtility = (start: CoreStart, entry: string): CoreProcess => {
  const core = utilityProcess.fork(entry, coreArguments(start.places), {
    serviceName: 'Breakwater core',
    env: { ...start.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = reports();
  pipe(core.stdout, start.log);
  pipe(core.stderr, start.log);
  core.on('message', (message: FromCore) => told.receive(message));
  core.once('exit', (code) => told.exit(`exit ${code}`));
  core.postMessage({ t: 'start', keyring: start.keyring, variables: start.variables });
  return {
    pid: () => core.pid,
    onReady: told.onReady,
    onOffer: told.onOffer,
    onExit: told.onExit,
    join: (port) => core.postMessage({ t: 'port' }, [port]),
    end: () => core.postMessage({ t: 'end' }),
  };
};
