/** Times cross rooms as RFC 3339 UTC text with milliseconds, or as epoch milliseconds where they are compared. */
export type Instant = string;

const pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

export const isInstant = (value: unknown): value is Instant =>
  typeof value === 'string' && pattern.test(value) && !Number.isNaN(Date.parse(value));

/** Epoch milliseconds → RFC 3339 UTC. Throws RangeError outside ±8.64e15 ms, like Date. */
export const toInstant = (epochMs: number): Instant => new Date(epochMs).toISOString();

/** RFC 3339 UTC → epoch milliseconds; NaN when it is no time. */
export const fromInstant = (instant: Instant): number => Date.parse(instant);

/** The seams of time and chance. Nothing in a room reads a clock, a timer or a random source past these. */
export type Clock = { readonly now: () => number };
export type Cancel = () => void;
export type Scheduler = { readonly after: (ms: number, run: () => void) => Cancel };
export type RandomBytes = (length: number) => Uint8Array;
