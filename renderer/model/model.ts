import { create, type StoreApi, type UseBoundStore } from 'zustand';
import { type ClockSlice, clockSlice } from './clock.ts';
import { type DraftsSlice, draftsSlice } from './drafts.ts';
import { type FeedsSlice, feedsSlice } from './feeds.ts';
import { type Keeper, memoryKeeper, storageKeeper } from './keeper.ts';
import { type LinkSlice, linkSlice } from './link.ts';
import { type NewsSlice, newsSlice } from './news.ts';
import { type PagesSlice, pagesSlice } from './pages.ts';
import { type PlaceSlice, placeSlice } from './place.ts';
import { type SettingsSlice, settingsSlice } from './settings.ts';

export type Model = FeedsSlice &
  ClockSlice &
  LinkSlice &
  PlaceSlice &
  SettingsSlice &
  DraftsSlice &
  PagesSlice &
  NewsSlice;

export const createModel = (keeper: Keeper): UseBoundStore<StoreApi<Model>> =>
  create<Model>()((set) => ({
    ...feedsSlice(set),
    ...clockSlice(set),
    ...linkSlice(set),
    ...placeSlice(set),
    ...settingsSlice(set, keeper),
    ...draftsSlice(set, keeper),
    ...pagesSlice(set),
    ...newsSlice(set),
  }));

const windowKeeper = (): Keeper => {
  try {
    return storageKeeper(window.localStorage);
  } catch {
    return memoryKeeper();
  }
};

/** The one store of the window, for verbs and tests. */
export const store = createModel(typeof window === 'undefined' ? memoryKeeper() : windowKeeper());
/** The same store, for components. */
export const useModel = store;
