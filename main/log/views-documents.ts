import type { DecodedEvent } from '../../shared/domain/event.ts';
import type { DeviceId, EventHash, LogId } from '../../shared/domain/ids.ts';
import type { ReadableDb } from '../store/port.ts';
import { entitiesOf } from '../store/projections.ts';
import { fieldText, headEvents, openView, settled } from './settled.ts';
import type { BudgetView, ResidencyView, UsageView } from './views-port.ts';

/** A whole number of a field, not below 0; 0 when it is none. */
const whole = (event: DecodedEvent, name: string): number => {
  const value = Object.hasOwn(event.fields, name) ? event.fields[name] : undefined;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
};

/** Rules about where facts may lie, by region. */
export const residency = (db: ReadableDb, org: LogId): readonly ResidencyView[] => {
  const view = openView(db, org);
  if (!view) return [];
  return entitiesOf(db, view.row.rid, 'residency').map((region) => {
    const [head] = headEvents(view, region, 'residency');
    return {
      region,
      allowed: settled<'yes' | 'no'>(view, region, 'residency'),
      reason: head ? fieldText(head, 'reason') : null,
    };
  });
};

/** The daily limit as it was set, with everything that stands where it was set on two sides. */
export const budget = (db: ReadableDb, org: LogId): BudgetView => {
  const view = openView(db, org);
  if (!view) return { statements: [], minutes: [], by: null, at: null };
  const heads = headEvents(view, org, 'budget');
  const [shown] = heads;
  return {
    statements: heads.map((head) => whole(head, 'statements_per_day')),
    minutes: heads.map((head) => whole(head, 'minutes_per_day')),
    by: shown ? view.author(shown) : null,
    at: shown?.at ?? null,
  };
};

/** Reports of one device for a day that a further one has to name. */
export const usageHeads = (db: ReadableDb, org: LogId, day: string, dev: DeviceId): readonly EventHash[] => {
  const view = openView(db, org);
  return view ? headEvents(view, day, 'usage').flatMap((head) => (head.dev === dev ? [head.hash] : [])) : [];
};

/** What each device has reported for a day: its largest report, whatever arrived in which order. */
export const usage = (db: ReadableDb, org: LogId, day: string): readonly UsageView[] => {
  const view = openView(db, org);
  if (!view) return [];
  const byDevice = new Map<string, UsageView>();
  for (const head of headEvents(view, day, 'usage')) {
    const known = byDevice.get(head.dev);
    byDevice.set(head.dev, {
      dev: head.dev,
      statements: Math.max(known?.statements ?? 0, whole(head, 'statements')),
      seconds: Math.max(known?.seconds ?? 0, whole(head, 'seconds')),
    });
  }
  return [...byDevice.values()];
};
