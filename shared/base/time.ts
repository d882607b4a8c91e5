/** Times cross rooms as RFC 3339 UTC text with milliseconds, or as epoch milliseconds where they are compared. */
export type Instant = string;

const pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export const isInstant = (value: unknown): value is Instant =>
  typeof value === 'string' && pattern.test(value) && !Number.isNaN(Date.parse(value));

const dayMs = 86_400_000;
const digits = (width: number, below: number): readonly string[] =>
  Array.from({ length: below }, (_, number) => String(number).padStart(width, '0'));
const [two, three] = [digits(2, 60), digits(3, 1000)];
/** The day that was asked for last, with its text up to the `T`: tables come in order of time, and Date is slow at text. */
const lastDay = { day: Number.NaN, text: '' };

/** Epoch milliseconds → RFC 3339 UTC. Throws RangeError outside ±8.64e15 ms, like Date. */
export const toInstant = (epochMs: number): Instant => {
  const ms = Math.trunc(epochMs);
  const day = Math.floor(ms / dayMs);
  if (day !== lastDay.day) {
    const text = new Date(ms).toISOString();
    lastDay.day = day;
    lastDay.text = text.slice(0, text.indexOf('T') + 1);
    return text;
  }
  const rest = ms - day * dayMs;
  const minute = Math.floor(rest / 60_000);
  return `${lastDay.text}${two[Math.floor(minute / 60)] ?? ''}:${two[minute % 60] ?? ''}:${two[Math.floor(rest / 1000) % 60] ?? ''}.${three[rest % 1000] ?? ''}Z`;
};

/** RFC 3339 UTC → epoch milliseconds; NaN when it is no time. */
export const fromInstant = (instant: Instant): number => Date.parse(instant);

/** The seams of time and chance. Nothing in a room reads a clock, a timer or a random source past these. */
export type Clock = { readonly now: () => number };
export type Cancel = () => void;
export type Scheduler = { readonly after: (ms: number, run: () => void) => Cancel };
export type RandomBytes = (length: number) => Uint8Array;
