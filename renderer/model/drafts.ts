import { type Keeper, readStored } from './keeper.ts';
import type { Set } from './slice.ts';

/** Fields of something that is being written. All text, so that any form can be kept the same way. */
export type Draft = Readonly<Record<string, string>>;

export type DraftsSlice = {
  readonly drafts: Readonly<Record<string, Draft>>;
  readonly typed: (key: string, fields: Draft) => void;
  /** The core has what was sent: forget it, unless more was typed meanwhile. */
  readonly acknowledged: (key: string, sent: Draft) => void;
};

const storeKey = 'breakwater-drafts';

/**
 * Nothing typed is ever lost: every keystroke lands here and on this device's storage, and leaves only when the core has
 * confirmed the write. Errors, reloads and a dead core leave a draft as it was.
 */
export const draftsSlice = (set: Set<DraftsSlice>, keeper: Keeper): DraftsSlice => {
  const keep = (drafts: DraftsSlice['drafts']): Partial<DraftsSlice> => {
    keeper.write(storeKey, JSON.stringify(drafts));
    return { drafts };
  };
  return {
    drafts: readStored<Record<string, Draft>>(keeper, storeKey, {}),
    typed: (key, fields) => set((now) => keep({ ...now.drafts, [key]: { ...now.drafts[key], ...fields } })),
    acknowledged: (key, sent) =>
      set((now) => {
        const draft = now.drafts[key];
        if (draft === undefined) return {};
        const rest = Object.entries(draft).filter(([field, text]) => sent[field] !== text);
        const { [key]: _gone, ...others } = now.drafts;
        return keep(rest.length === 0 ? others : { ...others, [key]: Object.fromEntries(rest) });
      }),
  };
};

const noDraft: Draft = {};
export const selectDraft =
  (key: string) =>
  (model: DraftsSlice): Draft =>
    model.drafts[key] ?? noDraft;

export const composerKey = (log: string): string => `composer ${log}`;
