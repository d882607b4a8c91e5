import type { CallFailure } from '../../shared/contract/wire.ts';
import type { Set } from './slice.ts';

export type News = { readonly id: number; readonly text: string; readonly failure: CallFailure | null };
/** A file on its way to the core. */
export type Upload = {
  readonly id: string;
  readonly log: string;
  readonly name: string;
  readonly size: number;
  readonly sent: number;
  readonly failure: CallFailure | null;
};

export type NewsSlice = {
  readonly news: readonly News[];
  readonly uploads: readonly Upload[];
  readonly tell: (text: string) => number;
  readonly tellFailure: (failure: CallFailure) => void;
  readonly forget: (id: number) => void;
  readonly uploadIs: (upload: Upload) => void;
  readonly uploadGone: (id: string) => void;
};

const most = 4;

export const newsSlice = (set: Set<NewsSlice>): NewsSlice => {
  let last = 0;
  const add = (text: string, failure: CallFailure | null): number => {
    const id = ++last;
    // The same trouble is told once, however often it is met.
    set((now) => ({
      news: [
        ...now.news.filter((one) => one.text !== text || one.failure?.tag !== failure?.tag),
        { id, text, failure },
      ].slice(-most),
    }));
    return id;
  };
  return {
    news: [],
    uploads: [],
    tell: (text) => add(text, null),
    tellFailure: (failure) => void add(failure.what, failure),
    forget: (id) => set((now) => ({ news: now.news.filter((one) => one.id !== id) })),
    uploadIs: (upload) => set((now) => ({ uploads: [...now.uploads.filter((one) => one.id !== upload.id), upload] })),
    uploadGone: (id) => set((now) => ({ uploads: now.uploads.filter((one) => one.id !== id) })),
  };
};
