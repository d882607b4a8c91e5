import type { Clock } from '../../shared/base/time.ts';

/** When a person last did something here, and whether somebody looks. */
export type Activity = {
  readonly acted: () => void;
  /** Milliseconds since a person last did something; very many when nobody has yet, or the clock was set back. */
  readonly sinceAct: () => number;
};

export const createActivity = (clock: Clock): Activity => {
  let at: number | null = null;
  return {
    acted: () => {
      at = clock.now();
    },
    sinceAct: () => {
      const since = at === null ? -1 : clock.now() - at;
      return since < 0 ? Number.MAX_SAFE_INTEGER : since;
    },
  };
};
