import { fromInstant, toInstant, type Instant } from '../../shared/base/time.ts';
import { earlier } from './rows.ts';

/** Predictions of one stretch of time, and how many of them have a label by now. */
export type Labelled = {
  readonly start: Instant;
  readonly end: Instant;
  readonly asked: number;
  readonly labels: number;
};

/** A stretch is complete when so large a part of its predictions has a label: single ones never get theirs. */
export const nearlyAll = 0.95;
/** Fewer predictions than these say too little by themselves: they are judged together with those after them. */
const enough = 20;

/**
 * Up to when nearly all predictions have a label: the beginning of the first stretch in which fewer than 95 % have one, else the
 * end of the last stretch, never after `now`. Looked at from the oldest on, so that a gap ends it however many labels come after;
 * stretches are joined until they hold 20 predictions, and what is left at the end is judged as it is. Null = not even the first
 * stretch, or there are none. Choice of ours: no source says when labels are complete.
 */
export const labelsCompleteTo = (stretches: readonly Labelled[], now: Instant): Instant | null => {
  const sorted = stretches.filter(({ asked }) => asked > 0).toSorted((a, b) => (a.start < b.start ? -1 : 1));
  let complete: Instant | null = null;
  let [asked, labels] = [0, 0];
  for (const [at, one] of sorted.entries()) {
    asked += one.asked;
    labels += Math.min(one.labels, one.asked);
    if (asked < enough && at < sorted.length - 1) continue;
    if (labels / asked < nearlyAll) return complete;
    complete = earlier(one.end, now);
    [asked, labels] = [0, 0];
  }
  return complete;
};

/** Stretches that begin at the same time, such as those of several versions of a model, as one. */
export const joined = (stretches: readonly Labelled[]): readonly Labelled[] =>
  [...Map.groupBy(stretches, ({ start }) => start).values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          {
            ...first,
            end: toInstant(Math.max(...[first, ...others].map(({ end }) => fromInstant(end)))),
            asked: others.reduce((sum, one) => sum + one.asked, first.asked),
            labels: others.reduce((sum, one) => sum + one.labels, first.labels),
          },
        ],
  );
