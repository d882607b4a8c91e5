import type { Set } from './slice.ts';

/** The core's clock as this window sees it: its last word plus the time since, so that ages tick between answers. */
export type ClockSlice = {
  /** Core time minus the window's own clock, in ms. */
  readonly ahead: number;
  /** Now, by the core's clock, to the second. */
  readonly now: number;
  readonly coreSaid: (coreNow: number, ownNow: number) => void;
  readonly ticked: (ownNow: number) => void;
};

export const clockSlice = (set: Set<ClockSlice>): ClockSlice => ({
  ahead: 0,
  now: 0,
  coreSaid: (coreNow, ownNow) => set(() => ({ ahead: coreNow - ownNow, now: coreNow })),
  ticked: (ownNow) => set((state) => ({ now: ownNow + state.ahead })),
});
