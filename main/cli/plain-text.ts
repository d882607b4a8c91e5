/**
 * Text that others wrote (titles, names of places, words of a server) as a terminal may show it: control characters could
 * move its cursor or change its colours, and marks of direction could turn a line around. They become visible instead.
 */
export const plainText = (text: string): string =>
  // C0 and C1 controls, line and paragraph separators, bidirectional marks, and surrogates without a partner.
  text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu,
    (mark) => `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`,
  );

/** True when `plainText` would change it. */
export const hasHiddenMarks = (text: string): boolean => plainText(text) !== text;
