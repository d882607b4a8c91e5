import { useCallback, useEffect, useRef, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { CallFailure } from '../../../shared/contract/wire.ts';
import { call } from '../../actions/index.ts';

type Counted = CallOutput<'offline.estimate'>;
export type Estimate = {
  readonly counted: Counted | null;
  readonly failure: CallFailure | null;
  readonly busy: boolean;
  /** A person asks: counted anew, whatever is known. */
  readonly count: () => void;
};

/** A choice that is changed again at once is counted once. */
const restMs = 400;

/**
 * What packing would bring, counted again whenever `key` changes and `may` says so: that is by itself, so what was counted a little
 * ago will do. One count at a time: each is tens of statements on a warehouse, and what was counted for an earlier choice is not
 * shown for a later one.
 */
export const useEstimate = (log: string, key: string, may: boolean): Estimate => {
  const [found, setFound] = useState<{ readonly key: string; readonly value: Counted | CallFailure } | null>(null);
  const [busy, setBusy] = useState(false);
  const wanted = useRef(key);
  const running = useRef(false);
  const count = useCallback(
    async (byItself: boolean): Promise<void> => {
      if (running.current) return;
      running.current = true;
      setBusy(true);
      for (let of: string | null = null; of !== wanted.current;) {
        of = wanted.current;
        const answer = await call('offline.estimate', { log, byItself });
        setFound({ key: of, value: answer.ok ? answer.value : answer.error });
      }
      running.current = false;
      setBusy(false);
    },
    [log],
  );
  useEffect(() => {
    wanted.current = key;
    if (!may) return;
    const timer = setTimeout(() => void count(true), restMs);
    return () => clearTimeout(timer);
  }, [key, may, count]);
  const value = found?.key === key ? found.value : null;
  return {
    counted: value !== null && 'rows' in value ? value : null,
    failure: value !== null && 'tag' in value ? value : null,
    busy,
    count: () => void count(false),
  };
};
