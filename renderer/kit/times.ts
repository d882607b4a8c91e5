import { fromInstant, type Instant, toInstant } from '../../shared/base/time.ts';

/** The one formatter of moments and spans: everything on screen goes through it, in one named zone. */
export type Times = {
  readonly zone: string;
  /** 14:21 */
  readonly clock: (at: Instant) => string;
  /** 14:21, or 24 Nov 14:21 on another day than `now`. */
  readonly near: (at: Instant, now: number) => string;
  /** 24 Nov 2026, 14:21:05 Europe/Berlin */
  readonly full: (at: Instant) => string;
  /** 24 Nov 2026 */
  readonly day: (at: Instant) => string;
  /** The value of a date and time control in this zone: 2026-11-24T14:21 */
  readonly toControl: (epochMs: number) => string;
  /** The moment of such a value; null when it is none. */
  readonly fromControl: (value: string) => Instant | null;
};

const parts = (format: Intl.DateTimeFormat, at: number): Readonly<Record<string, string>> =>
  Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));

export const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

export const createTimes = (zone: string): Times => {
  const numbers = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
  }); // prettier-ignore
  const words = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'short', year: 'numeric' });
  const shortDay = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: 'numeric', month: 'short' });
  const unknown = 'unknown time';
  const guard =
    (f: (epochMs: number) => string) =>
    (at: Instant): string => {
      const ms = fromInstant(at);
      return Number.isNaN(ms) ? unknown : f(ms);
    };
  const hourMinute = (ms: number): string => {
    const p = parts(numbers, ms);
    return `${p['hour']}:${p['minute']}`;
  };
  const toControl = (ms: number): string => {
    const p = parts(numbers, ms);
    return `${p['year']}-${p['month']}-${p['day']}T${p['hour']}:${p['minute']}`;
  };
  /** Minutes that the zone is ahead of UTC at a moment. */
  const ahead = (ms: number): number => Date.parse(`${toControl(ms)}:00Z`) - Math.floor(ms / 60_000) * 60_000;
  return {
    zone,
    clock: guard(hourMinute),
    near: (at, now) =>
      guard((ms) =>
        toControl(ms).slice(0, 10) === toControl(now).slice(0, 10)
          ? hourMinute(ms)
          : `${shortDay.format(ms)} ${hourMinute(ms)}`,
      )(at),
    full: guard((ms) => `${words.format(ms)}, ${hourMinute(ms)}:${parts(numbers, ms)['second']} ${zone}`),
    day: guard((ms) => words.format(ms)),
    toControl,
    fromControl: (value) => {
      const wall = Date.parse(`${value.length === 16 ? `${value}:00` : value}Z`);
      if (Number.isNaN(wall)) return null;
      // Twice: the first guess may lie on the other side of a change of summer time.
      const guess = wall - ahead(wall);
      return toInstant(wall - ahead(guess));
    },
  };
};

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** A span in two steps at most: "40 s", "21 min", "3 h 12", "4 h", "2 d 4 h". Negative spans count as zero. */
export const span = (ms: number): string => {
  if (ms < minute) return `${Math.max(0, Math.floor(ms / 1000))} s`;
  if (ms < hour) return `${Math.floor(ms / minute)} min`;
  if (ms < day) {
    const rest = Math.floor((ms % hour) / minute);
    return rest === 0 ? `${Math.floor(ms / hour)} h` : `${Math.floor(ms / hour)} h ${String(rest).padStart(2, '0')}`;
  }
  const rest = Math.floor((ms % day) / hour);
  return rest === 0 ? `${Math.floor(ms / day)} d` : `${Math.floor(ms / day)} d ${rest} h`;
};

/** A text of the core in which moments stand as RFC 3339: shown as this screen shows moments. */
export const withMoments = (text: string, times: Times, now: number): string =>
  text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]{0,16}Z/g, (at) => times.near(at, now));

/** A countdown: mm:ss within the last hour, "1 h 18" before. */
export const countdown = (ms: number): string => {
  if (ms >= hour) return span(ms);
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
};

/** "2 h ago"; a moment in the future (a clock that was set back) is named as that. */
export const ago = (at: Instant, now: number): string => {
  const ms = now - fromInstant(at);
  return ms < -minute ? `${span(-ms)} ahead of the clock` : `${span(ms)} ago`;
};

/** How old something is; a moment in the future (a clock that was set back) is named as that, not hidden. */
export const age = (at: Instant, now: number): string => {
  const ms = now - fromInstant(at);
  return ms < -minute ? `${span(-ms)} ahead` : span(ms);
};
