export { composerKey, type Draft, selectDraft } from './drafts.ts';
export { type Feed, feedKey, selectFeed } from './feeds.ts';
export type { Link } from './link.ts';
export { createModel, type Model, store, useModel } from './model.ts';
export type { News, Upload } from './news.ts';
export { stitch, type TimelineView } from './pages.ts';
export { entrySelected, type Layer, noSelection, type Place, places, type Selection } from './place.ts';
export { defaultSettings, type Settings } from './settings.ts';
