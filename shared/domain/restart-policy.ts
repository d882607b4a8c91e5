/**
 * When a core that died is started again, and when not any more. Pure: the shell and the host keep the state and the timer.
 * The wait doubles with each death of the last minute (0.25 s, 0.5 s); the third death within a minute stops it, because a
 * core that dies at once dies of something that starting again does not heal, and a plain notice helps more.
 */
export type RestartState = { readonly deaths: readonly number[] };
export type RestartDecision =
  | { readonly next: 'restart'; readonly afterMs: number; readonly state: RestartState }
  | { readonly next: 'give-up'; readonly deaths: number; readonly state: RestartState };

export const restartLimit = 3;
export const restartWindowMs = 60_000;
const firstWaitMs = 250;

export const neverDied: RestartState = { deaths: [] };

/** The core died at `now` (epoch ms). Deaths older than a minute are forgotten. A clock that jumps back forgets nothing. */
export const afterDeath = (state: RestartState, now: number): RestartDecision => {
  const deaths = [...state.deaths.filter((at) => now - at < restartWindowMs), now];
  const next: RestartState = { deaths };
  if (deaths.length >= restartLimit) return { next: 'give-up', deaths: deaths.length, state: next };
  return { next: 'restart', afterMs: firstWaitMs * 2 ** (deaths.length - 1), state: next };
};
