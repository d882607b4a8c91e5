import { ok } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import { assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import { assetRow, assetsWithFacts } from '../../store/lake.ts';
import { callsOnly, type CollectContext, type CollectedAsset, type Collector } from '../collector.ts';
import { cursorTexts, isDue, ownOf, withSeen } from '../cursor.ts';
import { getOne, text } from '../rest-read.ts';
import { newRound } from '../round.ts';
import { minus } from '../rows.ts';
import { readForAll } from './inference-tables.ts';

/** Names asked per refresh: nearly all compute that costs under its own name is known after the first. */
const maxNames = 60;
/** Cached compute that is looked through for names that are missing. */
const mostCompute = 500;
/** Older than any definition: what a table says of the same compute, its deletion too, replaces what is read here. */
const beforeAll = toInstant(0);
/** One without a name that this user may read is asked about again so much later: rights change, and it may be deleted. */
const againMs = 86_400_000;
/** One that is refused or has no answer so much earlier: a right can be given at any time, while what is gone stays gone. */
const refusedAgainMs = 3 * 3_600_000;

/** Where the name of compute by its id is documented (facts 3.5), and the key that holds it. */
const places = {
  cluster: { path: () => '/api/2.1/clusters/get', query: (id: string) => ({ cluster_id: id }), key: 'cluster_name' },
  warehouse: { path: (id: string) => `/api/2.0/sql/warehouses/${encodeURIComponent(id)}`, query: () => ({}), key: 'name' },
} as const; // prettier-ignore

const unnamedIn = (context: CollectContext): readonly { readonly asset: AssetId; readonly kind: keyof typeof places }[] =>
  (['cluster', 'warehouse'] as const).flatMap((kind) =>
    assetsWithFacts(context.db, kind, mostCompute)
      .map((asset) => ({ asset: asset as AssetId, kind }))
      .filter(({ asset }) => assetParts(asset).scope === context.workspaceId && assetRow(context.db, asset) === undefined),
  ); // prettier-ignore

/**
 * Names of compute that facts speak of by its id, as usage does: in the background, so that a signal about it has a name before
 * any room is open. Around a room its definition is read, with its name (warehouses.ts).
 */
export const computeNamesCollector: Collector = {
  source: 'rest.compute-names',
  label: 'Names of compute',
  table: null,
  meta: {
    when: 'watch',
    features: ['names of clusters and warehouses instead of ids'],
    needs: [{ kind: 'privilege', privilege: 'CAN ATTACH TO', on: 'the clusters' }],
    probe: { method: 'GET', path: '/api/2.1/clusters/list', query: { page_size: '1' } },
    otherwise: 'Without it they are shown by their id.',
    preview: null,
    latenessMs: 0,
    retentionDays: null,
  },
  estimate: () => Promise.resolve(ok(callsOnly(0))),
  collect: async (context) => {
    const rest = { completeTo: null, missingColumns: [] } as const;
    if (context.lane === 'pack') return ok({ ...rest, cursor: context.cursor, note: readForAll });
    const seen = cursorTexts(context.cursor);
    const unnamed = unnamedIn(context);
    const due = unnamed.filter(({ asset }) => isDue(ownOf(seen, asset), context.clock.now(), againMs)).slice(0, maxNames);
    const assets: CollectedAsset[] = [];
    const now: Record<string, string> = {};
    const round = newRound();
    for (const { asset, kind } of due) {
      const { native } = assetParts(asset);
      const found = await getOne(context, places[kind].path(native), places[kind].query(native));
      const went = round.judge(found);
      if (went === 'stopped') break;
      const name = found.ok ? text(found.value[places[kind].key]) : null;
      const isRefused = !found.ok && (went === 'unanswered' || found.error.tag === 'Forbidden');
      now[asset] = isRefused ? minus(context.observedAt, againMs - refusedAgainMs) : context.observedAt;
      if (name !== null)
        assets.push({ asset, name, detail: `${kind} ${native}`, changedAt: beforeAll, gone: false });
    }
    const without = unnamed.length - assets.length;
    const note = without === 0 ? null : `${without} have no name that this user may read; they keep their id.`;
    const failure = round.stopped() ?? round.unanswered();
    const cursor = due.length === 0 ? context.cursor : withSeen(context.cursor, now, mostCompute);
    return ok({ ...rest, assets, cursor, note, ...(failure === null ? {} : { failure }) });
  },
}; // prettier-ignore
