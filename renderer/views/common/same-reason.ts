/** A reason without the name of the statement that met it: two statements are refused for one reason. */
const reasonOf = (note: string): string => note.replaceAll(/"[\w./-]{1,80}"/g, '');

/**
 * Things with a note of why they lack, those with the same reason beside each other; `again`: the one before says the same, so
 * that a list of forty says it once.
 */
export const bySameReason = <T extends { readonly note: string | null }>(
  all: readonly T[],
): readonly { readonly one: T; readonly again: boolean }[] => {
  const first = new Map<string, number>();
  for (const [at, { note }] of all.entries()) {
    const reason = note === null ? `no reason ${at}` : reasonOf(note);
    if (!first.has(reason)) first.set(reason, at);
  }
  const place = (one: T, at: number): number =>
    first.get(one.note === null ? `no reason ${at}` : reasonOf(one.note)) ?? at;
  const sorted = all
    .map((one, at) => ({ one, at, place: place(one, at) }))
    .sort((a, b) => a.place - b.place || a.at - b.at);
  return sorted.map(({ one, place: mine }, at) => ({ one, again: at > 0 && sorted[at - 1]?.place === mine }));
};
