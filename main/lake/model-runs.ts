import { assetParts } from '../../shared/domain/ids.ts';
import { factsPage } from '../store/lake.ts';
import type { CollectContext } from './collector.ts';
import { factOf } from './fact-rows.ts';
import { said } from './values.ts';

const lookedAt = 300;
const runLimit = 100;

/** `workspace`: where the run is kept, where the registry says so; empty = not known. */
export type MadeBy = { readonly model: string; readonly version: string; readonly workspace: string };

type Made = { readonly runs: ReadonlyMap<string, readonly MadeBy[]>; readonly isCut: boolean };

const lookUp = (context: CollectContext): Made => {
  const models = [...context.scope.keys()].filter((asset) => assetParts(asset).kind === 'model');
  const runs = new Map<string, MadeBy[]>();
  if (models.length === 0) return { runs, isCut: false };
  const facts = factsPage(context.db, {
    assets: models, kinds: ['model-version'], from: null, to: null, before: null, limit: lookedAt,
  }); // prettier-ignore
  let isCut = facts.length >= lookedAt;
  for (const row of facts) {
    const { data } = factOf(row);
    const run = said(data['run']);
    if (run === '') continue;
    if (runs.size >= runLimit && !runs.has(run)) {
      isCut = true;
      continue;
    }
    runs.set(run, [
      ...(runs.get(run) ?? []),
      { model: said(data['model']), version: said(data['version']), workspace: said(data['runWorkspace']) },
    ]);
  }
  return { runs, isCut };
};

/** Looked up once a pull: the rows of an answer ask for it one by one. */
const known = new WeakMap<CollectContext, Made>();
const made = (context: CollectContext): Made => {
  const found = known.get(context) ?? lookUp(context);
  known.set(context, found);
  return found;
};

/** Runs of experiments that made versions of the models in scope, by run: the registry names them (`run_id` of a version). */
export const experimentRuns = (context: CollectContext): Made['runs'] => made(context).runs;

/** That there are more of them than are asked about, for people; null = all are. The source is not complete then. */
export const runsLeftOut = (context: CollectContext): string | null =>
  made(context).isCut
    ? `Not complete: of the runs that made versions of the models in scope only the ${runLimit} newest are asked about.`
    : null;
