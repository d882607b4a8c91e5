import * as v from 'valibot';
import type { Failure } from '../../shared/base/failure.ts';
import { isJsonObject } from '../../shared/base/json.ts';
import { mapOk, ok, type Result } from '../../shared/base/result.ts';
import { offlineLimits, type OfflineLimits } from '../../shared/contract/offline.ts';
import type { Store } from '../store/port.ts';
import { getSetting, setSetting } from '../store/settings.ts';

export type LimitsChange = { readonly [K in keyof OfflineLimits]?: OfflineLimits[K] | undefined };

/** How much this device keeps, and for how long: a setting of the profile, not of the organisation. */
export type DeviceLimits = {
  readonly now: () => OfflineLimits;
  readonly set: (change: LimitsChange) => Result<OfflineLimits, Failure>;
  /** How long facts are kept that no packed room holds, in ms. */
  readonly keptMs: () => number;
};

const settingKey = 'offline.limits';
const defaults: OfflineLimits = { rows: 500_000, megabytes: 400, keepDays: 14, factDays: 45, auto: true };

export const deviceLimits = (store: Store): DeviceLimits => {
  const now = (): OfflineLimits => {
    const stored = getSetting(store.read, settingKey);
    // What an earlier version wrote lacks what came since.
    const saved = v.safeParse(offlineLimits, isJsonObject(stored) ? { ...defaults, ...stored } : defaults);
    return saved.success ? saved.output : defaults;
  };
  return {
    now,
    set: (change) =>
      mapOk(
        store.transaction<null>((db) => {
          const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
          setSetting(db, settingKey, { ...now(), ...given });
          return ok(null);
        }),
        now,
      ),
    keptMs: () => now().factDays * 86_400_000,
  };
};
