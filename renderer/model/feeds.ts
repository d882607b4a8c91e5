import type { CallInput, CallOutput, QueryName } from '../../shared/contract/calls.ts';
import type { CallFailure } from '../../shared/contract/wire.ts';
import type { Set } from './slice.ts';

/** A followed query: its last answer stays when a later one fails, so that a screen never empties itself. */
export type Feed<T> = { readonly value: T | null; readonly failure: CallFailure | null };

export type FeedsSlice = {
  readonly feeds: Readonly<Record<string, Feed<unknown>>>;
  readonly feedArrived: (key: string, value: unknown) => void;
  readonly feedFailed: (key: string, failure: CallFailure) => void;
  readonly feedDropped: (key: string) => void;
};

const nothing: Feed<never> = { value: null, failure: null };

export const feedKey = <N extends QueryName>(name: N, input: CallInput<N>): string =>
  `${name} ${JSON.stringify(input)}`;

export const feedsSlice = (set: Set<FeedsSlice>): FeedsSlice => ({
  feeds: {},
  feedArrived: (key, value) => set((now) => ({ feeds: { ...now.feeds, [key]: { value, failure: null } } })),
  feedFailed: (key, failure) =>
    set((now) => ({ feeds: { ...now.feeds, [key]: { value: now.feeds[key]?.value ?? null, failure } } })),
  feedDropped: (key) =>
    set((now) => {
      const { [key]: _gone, ...feeds } = now.feeds;
      return { feeds };
    }),
});

/** The feed of a query, empty before its first answer. The key names the query, so its value has the query's type. */
export const selectFeed =
  <N extends QueryName>(name: N, input: CallInput<N>) =>
  (model: FeedsSlice): Feed<CallOutput<N>> =>
    (model.feeds[feedKey(name, input)] as Feed<CallOutput<N>> | undefined) ?? nothing;
