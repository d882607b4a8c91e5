import type { Set } from './slice.ts';

/** Where the person is. */
export const places = ['inbox', 'rooms', 'room', 'people', 'settings'] as const;
export type Place = (typeof places)[number];
export type Layer = 'none' | 'practice' | 'only-here' | 'quarantine' | 'ages' | 'palette' | 'shortcuts' | 'pack';

/** One thing selected, everywhere at once: the entry, and the assets it is about (or an asset, and the entries about it). */
export type Selection = { readonly entry: string | null; readonly assets: readonly string[] };
export const noSelection: Selection = { entry: null, assets: [] };

export type PlaceSlice = {
  readonly place: Place;
  readonly room: string | null;
  readonly layer: Layer;
  readonly selection: Selection;
  readonly go: (place: Place) => void;
  readonly enterRoom: (log: string) => void;
  readonly show: (layer: Layer) => void;
  readonly select: (selection: Selection) => void;
};

export const placeSlice = (set: Set<PlaceSlice>): PlaceSlice => ({
  place: 'inbox',
  room: null,
  layer: 'none',
  selection: noSelection,
  go: (place) => set((now) => ({ place: place === 'room' && now.room === null ? 'rooms' : place, layer: 'none' })),
  enterRoom: (room) =>
    set((now) => ({ place: 'room', room, layer: 'none', selection: room === now.room ? now.selection : noSelection })),
  show: (layer) => set(() => ({ layer })),
  select: (selection) => set(() => ({ selection })),
});

/** True when an entry belongs to the selection: itself, or one that is about a selected asset while no entry is chosen. */
export const entrySelected = (
  selection: Selection,
  entry: { readonly id: string; readonly assets: readonly string[] },
): boolean =>
  selection.entry === null
    ? entry.assets.some((asset) => selection.assets.includes(asset))
    : selection.entry === entry.id;
