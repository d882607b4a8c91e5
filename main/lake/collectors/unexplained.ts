import { assetParts } from '../../../shared/domain/ids.ts';
import type { AssetKind, FactKind } from '../../../shared/domain/vocabulary.ts';
import { factsPage } from '../../store/lake.ts';
import { carrier } from '../assets.ts';
import type { CollectContext } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import type { LakeFact } from '../port.ts';
import { isBadResult } from '../rows.ts';
import { said } from '../values.ts';

const pageRows = 1_000;
/** So many facts are looked through in the background, newest first; a packing looks through all of its room. */
const watched = 5_000;

/**
 * Facts of this workspace that tell of a failure of which nobody said why yet, newest first: around a room those of its `carriers`
 * only. `cut`: older ones were not looked through.
 */
export const unexplained = (
  context: CollectContext,
  kind: FactKind,
  carriers: AssetKind,
): { readonly failed: readonly LakeFact[]; readonly cut: boolean } => {
  const isPack = context.lane === 'pack';
  const own = [...new Set([...context.scope.keys()].map(carrier))].filter((one) => assetParts(one).kind === carriers);
  if (isPack && own.length === 0) return { failed: [], cut: false };
  const failed: LakeFact[] = [];
  let before: { readonly happened: string; readonly id: string } | null = null;
  for (let seen = 0; ;) {
    const page: readonly LakeFact[] = factsPage(context.db, {
      assets: isPack ? own : null, kinds: [kind], from: context.horizon, to: context.until, before, limit: pageRows,
    }).map(factOf); // prettier-ignore
    const last = page.at(-1);
    failed.push(
      ...page.filter(
        (fact) =>
          fact.workspace === context.workspaceId &&
          isBadResult(said(fact.data['result'])) &&
          fact.data['message'] === null,
      ),
    );
    seen += page.length;
    if (page.length < pageRows || last === undefined) return { failed, cut: false };
    if (!isPack && seen >= watched) return { failed, cut: true };
    before = { happened: last.happenedAt, id: last.id };
  }
};
/** What that means, for people. */
export const lookedAtWords = (what: string): string => `Only the newest ${watched} ${what} were looked through.`;
