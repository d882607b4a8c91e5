/** Assertions are for what cannot happen. The message says why it cannot, so that a report is readable. */
export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed';
}

export function assert(condition: unknown, reason: string): asserts condition {
  if (!condition) throw new AssertionFailed(reason);
}

/** The value, where the program knows that it is there; `reason` says how it knows. */
export const ensure = <T>(value: T | null | undefined, reason: string): T => {
  assert(value !== null && value !== undefined, reason);
  return value;
};
