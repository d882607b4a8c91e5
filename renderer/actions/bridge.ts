import { failure } from '../../shared/base/failure.ts';
import { err } from '../../shared/base/result.ts';
import type { CallInput, CallName } from '../../shared/contract/calls.ts';
import { store } from '../model/index.ts';
import type { Answer, Client } from '../bridge/client.ts';

/** What the verbs need of the typed client; tests hand in their own. */
export type Bridge = Pick<Client, 'call' | 'subscribe' | 'state' | 'onState'>;

let bridge: Bridge | null = null;

/** The bridge in use. Only the verbs of this room ask for it. */
export const theBridge = (): Bridge | null => bridge;

/** Begin: hand over the client, follow its state, let the clock tick. Returns the end of it. */
export const attach = (client: Bridge): (() => void) => {
  bridge = client;
  const { linkIs } = store.getState();
  const say = (): void => {
    const state = client.state();
    linkIs(state.state === 'connected' ? { state: 'connected' } : state);
  };
  say();
  const stop = client.onState(say);
  const timer = setInterval(() => store.getState().ticked(Date.now()), 1000);
  return () => {
    stop();
    clearInterval(timer);
    bridge = null;
  };
};

const notAttached = failure(
  'CoreStopped',
  'This window has no line to the part of Breakwater that keeps your data yet.',
  'What you typed is kept here.',
  'Wait a moment and try again.',
);

/** Ask or act; expected failures are values. */
export const call = async <N extends CallName>(name: N, input: CallInput<N>): Promise<Answer<N>> =>
  bridge === null ? err(notAttached) : bridge.call(name, input);

/** Act, and tell the person when it failed. The answer is null then. */
export const act = async <N extends CallName>(name: N, input: CallInput<N>) => {
  const answer = await call(name, input);
  if (answer.ok) return answer.value;
  store.getState().tellFailure(answer.error);
  return null;
};
