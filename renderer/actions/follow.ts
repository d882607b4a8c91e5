import { fromInstant } from '../../shared/base/time.ts';
import type { CallInput, CallOutput, QueryName } from '../../shared/contract/calls.ts';
import { feedKey, store } from '../model/index.ts';
import { theBridge } from './bridge.ts';

type Followed = { users: number; stop: () => void };
const followed = new Map<string, Followed>();
/** A view that comes back within this time finds its data still there. */
const lingerMs = 5_000;

/** Follow a query into the model; several views share one subscription. Returns the end of this use. */
export const follow = <N extends QueryName>(name: N, input: CallInput<N>): (() => void) => {
  const key = feedKey(name, input);
  const present = followed.get(key);
  if (present !== undefined) present.users += 1;
  else followed.set(key, { users: 1, stop: subscribe(name, input, key) });
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    setTimeout(() => leave(key), lingerMs);
  };
};

const leave = (key: string): void => {
  const one = followed.get(key);
  if (one === undefined) return;
  one.users -= 1;
  if (one.users > 0) return;
  followed.delete(key);
  one.stop();
  store.getState().feedDropped(key);
};

const subscribe = <N extends QueryName>(name: N, input: CallInput<N>, key: string): (() => void) => {
  const bridge = theBridge();
  if (bridge === null) return () => undefined;
  return bridge.subscribe(name, input, (answer) => {
    const model = store.getState();
    if (!answer.ok) return model.feedFailed(key, answer.error);
    if (name === 'app.status') model.coreSaid(fromInstant((answer.value as CallOutput<'app.status'>).now), Date.now());
    model.feedArrived(key, answer.value);
  });
};
