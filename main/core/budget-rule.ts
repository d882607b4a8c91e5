/** What warehouses were asked in one UTC day. Seconds = time in which statements of Breakwater ran, not time that is billed. */
export type Use = { readonly statements: number; readonly seconds: number };
export type Budget = { readonly statements: number; readonly minutes: number };

/** Where nobody set a limit: far above a day of incident work by a team, far below a loop that ran wild. */
export const defaultBudget: Budget = { statements: 5_000, minutes: 120 };

export const utcDay = (now: number): string => new Date(now).toISOString().slice(0, 10);

/** The limit that holds: of several that were set while apart, the smallest numbers. */
export const budgetOf = (said: {
  readonly statements: readonly number[];
  readonly minutes: readonly number[];
}): Budget => ({
  statements: said.statements.length === 0 ? defaultBudget.statements : Math.min(...said.statements),
  minutes: said.minutes.length === 0 ? defaultBudget.minutes : Math.min(...said.minutes),
});

/** The day's use of all devices: what others reported, and of this one what it counted itself, where that is more. */
export const sumOf = (reported: readonly (Use & { readonly dev: string })[], mine: Use, me: string): Use => {
  const others = reported.filter(({ dev }) => dev !== me);
  const own = reported.find(({ dev }) => dev === me);
  return [
    ...others,
    { statements: Math.max(mine.statements, own?.statements ?? 0), seconds: Math.max(mine.seconds, own?.seconds ?? 0) },
  ].reduce((sum, one) => ({ statements: sum.statements + one.statements, seconds: sum.seconds + one.seconds }), {
    statements: 0,
    seconds: 0,
  });
};

export const isReached = (use: Use, budget: Budget): boolean =>
  use.statements >= budget.statements || use.seconds >= budget.minutes * 60;

/** Shares of the budget at whose crossing everybody should know at once. */
const marks = [0.5, 0.8, 1];
const shareOf = (use: Use, budget: Budget): number =>
  Math.max(use.statements / Math.max(1, budget.statements), use.seconds / Math.max(1, budget.minutes * 60));
/** A report is worth an event when it says this much of the budget more than the last one. */
const worthTelling = 0.05;
const notOftenerMs = 3 * 60_000;

/** Whether this device should tell the others now. `told`: what it told last for this day; a mark is told at once. */
export const reportDue = (told: Use, mine: Use, sum: Use, budget: Budget, sinceToldMs: number): boolean => {
  const more = shareOf({ statements: mine.statements - told.statements, seconds: mine.seconds - told.seconds }, budget);
  if (more <= 0) return false;
  const now = shareOf(sum, budget);
  const crossed = marks.some((mark) => now >= mark && now - more < mark);
  return crossed || (more >= worthTelling && sinceToldMs >= notOftenerMs);
};
