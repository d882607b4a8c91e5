import type { Set } from './slice.ts';
import { readStored, type Keeper } from './keeper.ts';

/** How this person likes it; kept on this device. */
export type Settings = {
  readonly theme: 'system' | 'dark' | 'light';
  readonly density: 'compact' | 'comfortable';
  /** `local` = the zone of the machine. */
  readonly zone: 'local' | 'UTC';
  readonly timelineWidth: number;
  readonly nowWidth: number;
  /** 0 = a share of the window. */
  readonly lineageHeight: number;
};
export const defaultSettings: Settings = {
  theme: 'system',
  density: 'compact',
  zone: 'local',
  timelineWidth: 330,
  nowWidth: 280,
  lineageHeight: 0,
};

export type SettingsSlice = {
  readonly settings: Settings;
  /** The panel that fills the work area for now. */
  readonly maximised: 'none' | 'timeline' | 'lineage' | 'happened' | 'now';
  readonly change: (part: Partial<Settings>) => void;
  readonly maximise: (panel: SettingsSlice['maximised']) => void;
};

const key = 'breakwater-settings';

export const settingsSlice = (set: Set<SettingsSlice>, keeper: Keeper): SettingsSlice => ({
  settings: { ...defaultSettings, ...readStored<Partial<Settings>>(keeper, key, {}) },
  maximised: 'none',
  change: (part) =>
    set((now) => {
      const settings = { ...now.settings, ...part };
      keeper.write(key, JSON.stringify(settings));
      return { settings };
    }),
  maximise: (panel) => set((now) => ({ maximised: now.maximised === panel ? 'none' : panel })),
});
