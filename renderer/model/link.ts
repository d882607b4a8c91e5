import type { CallFailure } from '../../shared/contract/wire.ts';
import type { Set } from './slice.ts';

/** Whether this window reaches the core at all; the core's own connection is in `app.status`. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  | { readonly state: 'stopped' }
  | { readonly state: 'refused'; readonly failure: CallFailure };

export type LinkSlice = { readonly link: Link; readonly linkIs: (link: Link) => void };

export const linkSlice = (set: Set<LinkSlice>): LinkSlice => ({
  link: { state: 'connecting' },
  linkIs: (link) => set(() => ({ link })),
});
