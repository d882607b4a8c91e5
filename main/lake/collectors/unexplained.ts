import type { JsonObject } from '../../../shared/base/json.ts';
import { ok, type Result } from '../../../shared/base/result.ts';
import { assetParts } from '../../../shared/domain/ids.ts';
import type { AssetKind, FactKind } from '../../../shared/domain/vocabulary.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { factsPage } from '../../store/lake.ts';
import { carrier } from '../assets.ts';
import { callsOnly, type CollectContext, type Collector } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import type { LakeFact } from '../port.ts';
import { isGone } from '../rest-read.ts';
import { isBadResult } from '../rows.ts';
import { nextTurn } from '../turns.ts';
import { said } from '../values.ts';
import { behindLimit, messageOnly } from './messages.ts';

const pageRows = 1_000;
/** So many facts are looked through in the background, newest first; a packing looks through all of its room. */
const watched = 5_000;

/**
 * Facts of this workspace that tell of a failure of which nobody said why yet, newest first: around a room those of its `carriers`
 * only. `explained`: of others it was said before. `behind`: so many said nothing up to a limit. `cut`: older ones were not looked through.
 */
const unexplained = (
  context: CollectContext,
  kind: FactKind,
  carriers: AssetKind,
): {
  readonly failed: readonly LakeFact[];
  readonly explained: boolean;
  readonly behind: number;
  readonly cut: boolean;
} => {
  const isPack = context.lane === 'pack';
  const own = [...new Set([...context.scope.keys()].map(carrier))].filter((one) => assetParts(one).kind === carriers);
  if (isPack && own.length === 0) return { failed: [], explained: false, behind: 0, cut: false };
  const failed: LakeFact[] = [];
  let [explained, behind] = [false, 0];
  let before: { readonly happened: string; readonly id: string } | null = null;
  for (let seen = 0; ;) {
    const page: readonly LakeFact[] = factsPage(context.db, {
      assets: isPack ? own : null, kinds: [kind], from: context.horizon, to: context.until, before, limit: pageRows,
    }).map(factOf); // prettier-ignore
    const last = page.at(-1);
    const bad = page.filter((fact) => fact.workspace === context.workspaceId && isBadResult(said(fact.data['result'])));
    failed.push(...bad.filter(({ data }) => data['message'] === null));
    explained ||= bad.some(({ data }) => typeof data['message'] === 'string' && data['message'] !== '');
    behind += bad.filter(({ data }) => data['message'] === '' && data[behindLimit] === true).length;
    seen += page.length;
    if (page.length < pageRows || last === undefined) return { failed, explained, behind, cut: false };
    if (!isPack && seen >= watched) return { failed, explained, behind, cut: true };
    before = { happened: last.happenedAt, id: last.id };
  }
};

type Explaining = {
  readonly kind: FactKind;
  /** What a fact is about, and the key in its data that names what is asked: all that fails there is told by one answer. */
  readonly carriers: AssetKind;
  readonly of: string;
  /** Things asked about per pull, newest failure first; more of them take turns. */
  readonly limit: number;
  readonly ask: (
    context: CollectContext,
    id: string,
    failed: readonly LakeFact[],
  ) => Promise<Result<JsonObject & { readonly isShort?: boolean }, DatabricksFailure>>;
  /** What the answer says of each fact; null = nothing, and it is not asked again. */
  readonly said: (answer: JsonObject, fact: LakeFact) => string | null;
  /** How people call what is asked, what is looked through, one that is gone or refused, and those of which a short answer said nothing. */
  readonly words: {
    readonly plural: string;
    readonly facts: string;
    readonly gone: string;
    readonly refused: string;
    readonly short?: string;
  };
};

const failedThings = (context: CollectContext, { kind, carriers, of }: Explaining) => {
  const { failed, ...others } = unexplained(context, kind, carriers);
  return { things: [...Map.groupBy(failed, (fact) => said(fact.data[of]))], ...others };
};

/** Messages of failures that system tables tell by a code only, from REST: how many calls that takes, and the pull itself. */
export const explaining = (spec: Explaining): Pick<Collector, 'collect'> & Required<Pick<Collector, 'estimate'>> => ({
  estimate: (context) => Promise.resolve(ok(callsOnly(failedThings(context, spec).things.length))),
  collect: async (context) => {
    const { things, explained, behind, cut } = failedThings(context, spec);
    const { words } = spec;
    const turn = nextTurn(context, things, { key: ([id]) => id, limit: spec.limit, plural: words.plural });
    const how = new Map<string, string>();
    const facts: LakeFact[] = [];
    let silent = behind;
    let failure: DatabricksFailure | undefined;
    for (const thing of turn.each) {
      const [id, failed] = thing;
      const found = await spec.ask(context, id, failed);
      if (turn.lost(thing, found)) continue;
      if (found.ok) {
        how.set(id, 'read');
        for (const fact of failed) {
          const message = spec.said(found.value, fact);
          const isBehind = message === null && found.value.isShort === true;
          if (isBehind) silent += 1;
          facts.push({
            ...fact,
            data: { ...fact.data, message: message ?? '', ...(isBehind ? { [behindLimit]: true } : {}) },
          });
        }
        continue;
      }
      // 400 and 404 mean that it is gone (facts 3.0); that and 403 cost this one only.
      how.set(id, isGone(found.error) ? 'gone' : 'refused');
      if (!isGone(found.error)) failure = found.error;
    }
    const { went, left, step } = turn.ended(how, { cursor: null });
    const [read, gone, refused] = [went('read').length, went('gone').length, went('refused').length];
    const notes = [
      // A room is told why nothing is asked; in the background that is how it always is.
      ...(context.lane === 'pack' && things.length === 0 && explained
        ? [`Read before: what they said stands with the ${words.facts}.`]
        : []),
      ...(gone > 0 ? [`${gone} ${words.plural} ${words.gone}.`] : []),
      ...(refused > 0 ? [`${refused} ${words.plural} ${words.refused}.`] : []),
      ...(silent > 0 ? [`${silent} ${words.facts} ${words.short ?? ''}.`] : []),
      ...(left === null ? [] : [left]),
      ...(cut ? [`Only the newest ${watched} ${words.facts} were looked through.`] : []),
    ];
    return ok({
      facts: facts.map(messageOnly),
      ...step,
      completeTo: null,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
      partly: refused > 0 || silent > 0,
      // Where none could be read a right is missing, and the source as a whole.
      ...(failure !== undefined && read + gone === 0 ? { failure } : {}),
    });
  },
});
