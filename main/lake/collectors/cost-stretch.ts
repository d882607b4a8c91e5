import type { TextRow } from '../../databricks/port.ts';
import type { CollectContext } from '../collector.ts';
import { cursorObject } from '../cursor.ts';
import { textOf } from '../rows.ts';

/**
 * More sums than a pull can hold are read in stretches: `from` is the place at which the next one begins; what those before it
 * lacked and had to say is kept with it.
 */
export type Stretch = { readonly from: string | null; readonly lacked: boolean; readonly notes: readonly string[] };
export const stretchOf = (context: CollectContext): Stretch => {
  const { from, lacked, notes } = cursorObject(context.cursor);
  return {
    from: typeof from === 'string' ? from : null,
    lacked: lacked === true,
    notes: Array.isArray(notes) ? notes.filter((one) => typeof one === 'string') : [],
  };
};

/**
 * The rows of a stretch of which every sum is whole, and where the next one begins: the last place of a full page may have more rows.
 * `stuck`: the page holds one place only, so that nothing would be gained.
 */
export const cutStretch = (
  rows: readonly TextRow[],
  full: boolean,
  from: string | null,
): { readonly rows: readonly TextRow[]; readonly next: string | null; readonly stuck: boolean } => {
  const last = full ? textOf(rows.at(-1) ?? {}, 'place') : null;
  if (last === null || last === from) return { rows, next: null, stuck: full };
  return { rows: rows.filter((row) => textOf(row, 'place') !== last), next: last, stuck: false };
};
