import { fork } from 'node:child_process';
import { failure } from '../../../shared/base/failure.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { type CallInput, type CallName, type CallOutput, contractVersion } from '../../../shared/contract/calls.ts';
import { coreFlags, corePorts, type FromCore, type ToCore } from '../../../shared/contract/mux.ts';
import type { CallFailure, Channel, ClientFrame, ServerFrame } from '../../../shared/contract/wire.ts';

/** A core in a process of its own, as the desktop app runs it, spoken to over the child-process channel. */
export type CoreProcess = {
  readonly name: string;
  readonly pid: number;
  readonly call: <N extends CallName>(name: N, input: CallInput<N>) => Promise<Result<CallOutput<N>, CallFailure>>;
  /** Ask it to end and wait until it has. */
  readonly close: () => Promise<void>;
  readonly kill: () => Promise<void>;
};

export type CoreProcessOptions = {
  readonly name: string;
  /** The built or source file of the core's child entry. */
  readonly entry: string;
  /** What it starts when it finds no practice lakehouse. */
  readonly practiceEntry: string;
  readonly profile: string;
  readonly env: Readonly<Record<string, string>>;
};

/** Start a core and wait for its welcome; at most 30 s. */
export const startCoreProcess = async (options: CoreProcessOptions): Promise<Result<CoreProcess, CallFailure>> => {
  const child = fork(options.entry, ['--profile', options.profile, '--practice-entry', options.practiceEntry], {
    execArgv: [...coreFlags],
    serialization: 'advanced',
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...options.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let trouble = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    trouble = (trouble + text).slice(-2000);
  });
  const stopped = (): CallFailure =>
    failure(
      'CoreStopped',
      `The core of ${options.name} has stopped.`,
      'What it acknowledged is on its disk.',
      'See its last words below.',
      trouble.trim() || `exit ${child.exitCode ?? child.signalCode ?? '?'}`,
    );
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const send = (message: ToCore): void => void (child.connected && child.send(message));
  const ports = corePorts(send);
  const waiting = new Map<number, (answer: Result<unknown, CallFailure>) => void>();

  const welcomed = await new Promise<Result<Channel<ClientFrame, ServerFrame>, CallFailure>>((resolve) => {
    AbortSignal.timeout(30_000).addEventListener('abort', () => resolve(err(stopped())));
    const greet = (): void => {
      const channel = ports.open();
      channel.onFrame((frame) => {
        if (frame.t === 'welcome') resolve(ok(channel));
        else if (frame.t === 'refused') resolve(err(frame.error));
        else if (frame.t === 'ok' || frame.t === 'err') {
          waiting.get(frame.id)?.(frame.t === 'ok' ? ok(frame.value) : err(frame.error));
          waiting.delete(frame.id);
        }
      });
      channel.send({ t: 'hello', contract: contractVersion });
    };
    child.on('message', (message: FromCore) => {
      if (message.t === 'ready') greet();
      else if (message.t === 'failed') resolve(err(message.failure));
      else ports.receive(message);
    });
    child.once('exit', () => {
      ports.died();
      resolve(err(stopped()));
      for (const settle of waiting.values()) settle(err(stopped()));
      waiting.clear();
    });
    send({ t: 'start', keyring: null });
  });
  if (!welcomed.ok) {
    child.kill('SIGKILL');
    return welcomed;
  }

  const channel = welcomed.value;
  let lastId = 0;
  const call = <N extends CallName>(name: N, input: CallInput<N>): Promise<Result<CallOutput<N>, CallFailure>> =>
    new Promise((resolve) => {
      if (!child.connected) return resolve(err(stopped()));
      const id = ++lastId;
      // The core checked the answer against the contract; here it becomes a type again.
      waiting.set(id, (answer) => resolve(answer as Result<CallOutput<N>, CallFailure>));
      channel.send({ t: 'call', id, name, input });
    });
  return ok({
    name: options.name,
    pid: child.pid ?? 0,
    call,
    close: async () => {
      send({ t: 'end' });
      await gone;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  });
};
