import type { JsonValue } from '../../shared/base/json.ts';

const mark = Symbol('what a check answers beside a value to compare');

/** A check that has more to say than a value to compare. */
export type Answered =
  | { readonly [mark]: true; readonly kind: 'told'; readonly found: unknown; readonly answer: unknown }
  | { readonly [mark]: true; readonly kind: 'not observed'; readonly reason: string };

/** What a check that only tells must answer: it compares nothing, so it counts as told and never as passed. */
export const anyAnswer: JsonValue = 'told';

/**
 * What was measured or answered, word for word for the report; `found` is what must be as expected, which may be less: numbers
 * differ from run to run. Without `found` any answer will do, and only a thrown error fails.
 */
export const told = (answer: unknown, found: unknown = anyAnswer): Answered => ({
  [mark]: true,
  kind: 'told',
  found,
  answer,
});

/** Nothing could be seen, or everything that asked was refused, and why: neither passed nor failed, and never counted as passed. */
export const notObserved = (reason: string): Answered => ({ [mark]: true, kind: 'not observed', reason });

export const isAnswered = (value: unknown): value is Answered =>
  typeof value === 'object' && value !== null && mark in value;
