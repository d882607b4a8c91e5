import type { Instant } from '../../shared/base/time.ts';
import { pageLimit } from '../../shared/contract/common.ts';
import type { Lineage } from '../../shared/contract/room.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { factKinds } from '../../shared/domain/vocabulary.ts';
import { lineageView } from '../analysis/lineage.ts';
import { changeKinds, marksOf, servedMismatches } from '../analysis/marks.ts';
import type { Signal } from '../detect/port.ts';
import type { Lake } from '../lake/lake.ts';
import type { LakeFact, SourceState } from '../lake/port.ts';
import type { ReadableDb } from '../store/port.ts';
import type { Declared } from './declared.ts';
import { displayName } from './display.ts';

/** What a map is drawn from: the cache, the room's assets, what is wrong with them and since when it counts. */
export type MapSources = {
  readonly lake: Lake;
  readonly db: ReadableDb;
  readonly signals: readonly Signal[];
  readonly focus: readonly AssetId[];
  readonly hops: number;
  readonly since: Instant;
  /** What people declared in this room. */
  readonly declared: Pick<Declared, 'edges' | 'names' | 'list'>;
};

const lineageSource = 'table_lineage';
/** Changes are looked for in at most so many facts: the newest, which are the ones that a person looks for first. */
const changeLimit = 2_000;

/** Why nothing is known of how far lineage reaches: not everybody may read it, and not every workspace has it. */
const unreadNote = (state: SourceState['state'] | undefined): string => {
  switch (state) {
    case 'denied':
      return 'This user may not read lineage.';
    case 'missing':
      return 'This workspace has no lineage.';
    case 'failed':
      return 'Lineage could not be read.';
    default:
      return 'Lineage has not been read yet.';
  }
};

/** `room.lineage`: the map around a room's assets, from cached lineage. An empty map says why it is empty. */
export const lineageMap = (from: MapSources): Lineage => {
  const { lake, db, focus, hops } = from;
  const { list } = from.declared;
  const declaredList = list.length === 0 ? {} : { declared: list.slice(0, pageLimit) };
  const state = lake.sourceStates(db).find(({ source }) => source.endsWith(lineageSource));
  const completeTo = state?.completeTo ?? null;
  const total = lake.assetCount(db);
  if (focus.length === 0)
    return { nodes: [], edges: [], total, completeTo, note: 'No asset is linked to this room yet.' };

  const mismatches = servedMismatches(servedAndAliases(from));
  const view = lineageView({
    // One hop more than is shown, so that what lies behind the edge of the map can be counted.
    edges: [...lake.edges(db, focus, hops + 1), ...from.declared.edges],
    focus,
    marks: marksOf({ signals: from.signals, facts: changesOf(from), from: from.since, doubts: mismatches.keys() }),
    labelOf: (asset) => {
      const label = from.declared.names.get(asset) ?? lake.assetLabel(db, asset);
      const detail = mismatches.get(asset);
      return detail === undefined ? label : { ...label, detail };
    },
    hops,
    total,
    completeTo,
  });
  return {
    nodes: view.nodes.slice(0, pageLimit).map(({ id, kind, name, detail, state, layer, order, hidden }) => ({
      id,
      kind,
      name: displayName(name),
      detail: displayName(detail),
      state,
      layer,
      order,
      more: hidden,
    })),
    edges: view.edges.slice(0, pageLimit).map(({ from: start, to, damage, source }) => ({
      id: `${start} → ${to}`,
      from: start,
      to,
      damage,
      source,
    })),
    total: view.total,
    completeTo: view.completeTo,
    note: completeTo === null ? unreadNote(state?.state) : view.text,
    ...declaredList,
  };
};

/** What endpoints around the room serve, and where the aliases of their models point. */
const servedAndAliases = ({ lake, db, focus, hops }: MapSources): readonly LakeFact[] => {
  const assets = lake.around(db, focus, hops).filter((asset) => ['model', 'endpoint'].includes(assetParts(asset).kind));
  return assets.length === 0 ? [] : lake.facts(db, { assets, kinds: ['settings'], limit: pageLimit }).rows;
};

const changesOf = ({ lake, db, focus, hops, since }: MapSources): readonly LakeFact[] => {
  const facts: LakeFact[] = [];
  const assets = lake.around(db, focus, hops);
  for (let before: string | null = null; facts.length < changeLimit;) {
    const kinds = factKinds.filter((kind) => changeKinds.includes(kind));
    const page = lake.facts(db, { assets, kinds, from: since, before, limit: pageLimit });
    facts.push(...page.rows);
    if (page.next === null) break;
    before = page.next;
  }
  return facts;
};
