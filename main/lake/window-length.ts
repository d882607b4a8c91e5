import { fromInstant, type Instant } from '../../shared/base/time.ts';

const units = [['week', 604_800_000], ['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]] as const; // prettier-ignore

/**
 * How long a window of a data profile is, spelled as its `granularity` is ("1 hour", "2 weeks"): for rows that do not tell it. A
 * window is as long as its granularity; one that is no whole number of minutes is named by its end.
 */
export const windowLength = (start: Instant, end: Instant): string => {
  const ms = fromInstant(end) - fromInstant(start);
  const [name, size] = units.find(([, one]) => ms > 0 && ms % one === 0) ?? [null, 1];
  const count = ms / size;
  return name === null ? `to ${end}` : `${count} ${name}${count === 1 ? '' : 's'}`;
};
