import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { CallInput, CallOutput, QueryName } from '../../../shared/contract/calls.ts';
import type { Status } from '../../../shared/contract/status.ts';
import { follow } from '../../actions/index.ts';
import { createTimes, localZone, type Times } from '../../kit/index.ts';
import { type Feed, selectFeed, useModel } from '../../model/index.ts';

/** Follow a query while this is on screen. */
export const useFeed = <N extends QueryName>(name: N, input: CallInput<N>): Feed<CallOutput<N>> => {
  const json = JSON.stringify(input);
  useEffect(() => follow(name, JSON.parse(json) as CallInput<N>), [name, json]);
  return useModel(selectFeed(name, input));
};

export const useStatus = (): Status | null => useFeed('app.status', {}).value;
export const useNow = (): number => useModel((model) => model.now);

/** The formatter in the zone that the person chose. */
export const useTimes = (): Times => {
  const zone = useModel((model) => model.settings.zone);
  return useMemo(() => createTimes(zone === 'UTC' ? 'UTC' : localZone()), [zone]);
};

/** Whether a media query holds, kept up to date. */
export const useMedia = (query: string): boolean =>
  useSyncExternalStore(
    (changed) => {
      const media = window.matchMedia(query);
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => window.matchMedia(query).matches,
  );

/** Text that changes with every change of colours, for what is drawn on a canvas. */
export const useLook = (): string => {
  const theme = useModel((model) => model.settings.theme);
  const dark = useMedia('(prefers-color-scheme: dark)');
  return theme === 'system' ? (dark ? 'dark' : 'light') : theme;
};
