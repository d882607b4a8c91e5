const dayMs = 86_400_000;

/**
 * Business calendars of the countries that the platform trades in: share of its trade, public holidays of fixed date, and those
 * that move with Easter (days after Easter Sunday). Feasts of the lunar calendar are left out: they are announced, not computed.
 */
const countries = [
  { code: 'DE', share: 0.3, fixed: ['01-01', '05-01', '10-03', '12-25', '12-26'], easter: [-2, 1, 39, 50] },
  { code: 'FR', share: 0.2, fixed: ['01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25'], easter: [1, 39, 50] },
  { code: 'ES', share: 0.15, fixed: ['01-01', '01-06', '05-01', '08-15', '10-12', '11-01', '12-06', '12-08', '12-25'], easter: [-2] },
  { code: 'PL', share: 0.15, fixed: ['01-01', '01-06', '05-01', '05-03', '08-15', '11-01', '11-11', '12-24', '12-25', '12-26'], easter: [1, 60] },
  { code: 'AE', share: 0.1, fixed: ['01-01', '12-02', '12-03'], easter: [] },
  { code: 'ZA', share: 0.1, fixed: ['01-01', '03-21', '04-27', '05-01', '06-16', '08-09', '09-24', '12-16', '12-25', '12-26'], easter: [-2, 1] },
] as const; // prettier-ignore

/** Easter Sunday of a year in the Gregorian calendar, as epoch ms (Meeus, Jones and Butcher). */
const easter = (year: number): number => {
  const [a, b, c] = [year % 19, Math.floor(year / 100), year % 100];
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return Date.UTC(year, Math.floor(n / 31) - 1, (n % 31) + 1);
};

/** Every public holiday of a year by day (`2026-10-03`): the share of all trade that rests then, 0–1. */
export const resting = (year: number): ReadonlyMap<string, number> => {
  const found = new Map<string, number>();
  for (const { share, fixed, easter: moving } of countries) {
    const moved = moving.map((days) => new Date(easter(year) + days * dayMs).toISOString().slice(0, 10));
    for (const one of [...fixed.map((date) => `${year}-${date}`), ...moved])
      found.set(one, Math.round(((found.get(one) ?? 0) + share) * 100) / 100);
  }
  return found;
};
