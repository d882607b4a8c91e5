/**
 * A page of a list that is short enough to be made whole (rooms, quarantine). The cursor is the key of the last row shown;
 * when that row is gone meanwhile the list starts again, which shows a row twice rather than never.
 */
export const pageOf = <T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  limit: number,
  before: string | null,
): { readonly rows: readonly T[]; readonly next: string | null } => {
  const start = before === null ? 0 : rows.findIndex((row) => keyOf(row) === before) + 1;
  const page = rows.slice(start, start + limit);
  const last = page.at(-1);
  return { rows: page, next: last === undefined || start + limit >= rows.length ? null : keyOf(last) };
};
