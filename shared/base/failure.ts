/**
 * The one shape of an expected failure: a tag for the program and three lines for a tired person at 3 a.m.
 * `what` happened, what is `safe`, what to `advice`. `code` is copyable detail (SQLSTATE, errno, HTTP status);
 * never a secret, never a stack.
 */
export type Failure<Tag extends string = string> = {
  readonly tag: Tag;
  readonly what: string;
  readonly safe: string;
  readonly advice: string;
  readonly code?: string;
};

/** Build a failure; the order of arguments is the order in which a person reads it. */
export const failure = <Tag extends string>(
  tag: Tag,
  what: string,
  safe: string,
  advice: string,
  code?: string,
): Failure<Tag> => (code === undefined ? { tag, what, safe, advice } : { tag, what, safe, advice, code });

/** An object may refuse to become text ({ toString: 0 }), a proxy or a getter may throw: that must not hide what happened. */
const text = (read: () => unknown): string => {
  try {
    return String(read());
  } catch {
    return 'something that cannot be written as text';
  }
};

/** Text of anything that was thrown, without a stack; never throws. The Databricks driver throws values that are no Error. */
export const thrownText = (thrown: unknown): string =>
  text(() => (typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown));
