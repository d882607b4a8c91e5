import { ok } from '../../../shared/base/result.ts';
import type { HandlersOf } from '../handlers.ts';
import type { Meter } from '../meter.ts';
import type { Parts } from '../parts.ts';
import { namesOf } from '../people.ts';
import { write } from '../write.ts';

/** The daily limit of what warehouses are asked, and how much of it is used. */
export const budgetCalls = (parts: Parts, meter: Meter): HandlersOf<'budget.get' | 'budget.set'> => ({
  'budget.get': () => {
    const { org, person } = parts.who();
    const db = parts.profile.store.read;
    const { by, at } = parts.views.budget(db, org);
    const { day, mine, sum, devices, budget, reached } = meter.day();
    return ok({
      day,
      mine,
      sum,
      devices,
      statements: budget.statements,
      minutes: budget.minutes,
      reached,
      by: by === null ? null : namesOf(db, parts.views, org, person).person(by),
      at,
    });
  },
  'budget.set': ({ statements, minutes }) => {
    const { org } = parts.who();
    return write(parts, org, (db) =>
      ok([
        {
          type: 'budget.set',
          fields: { statements_per_day: statements, minutes_per_day: minutes },
          over: parts.views.registerHeads(db, org, org, 'budget'),
        },
      ]),
    );
  },
});
