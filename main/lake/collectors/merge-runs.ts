import type { LakeFact } from '../port.ts';
import { later } from '../rows.ts';
import { runTitle } from '../titles.ts';
import { said } from '../values.ts';
import { behindLimit } from './messages.ts';

/** Runs as REST tells them, at once; the system tables tell the same an hour later (facts 1.0). */
export const restRunsSource = 'rest.jobs.runs/list';

/** The two sources may round the end of a run differently; what ends later than this belongs to a repair. */
const sameEndMs = 60_000;

type Merge = (old: LakeFact, next: LakeFact) => LakeFact;

/** One thing that ran, as REST tells it at once and a system table later. */
type TwoSources = {
  readonly rest: string;
  readonly title: (fact: LakeFact) => string;
  /** Words that only one of them may have: they stay. */
  readonly words: readonly string[];
  /** It may go on after its end, as a repaired run does: then what REST says of a later end counts. */
  readonly repeats: boolean;
};

const moment = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : Number.NaN);
const began = (a: LakeFact, b: LakeFact): string | null => {
  const starts = [a, b].map((fact) => said(fact.data['startedAt'])).filter((start) => start !== '');
  return starts.toSorted()[0] ?? null;
};
/**
 * The same run from REST and from a system table, in any order. The system table's row counts, except while it has no result
 * yet or when REST tells of a later end, as after a repair. What an earlier answer of REST said is named under `replaced`.
 */
const acrossSources = (old: LakeFact, next: LakeFact, of: TwoSources): LakeFact => {
  const [table, rest] = old.source === of.rest ? [next, old] : [old, next];
  const [tableEnd, restEnd] = [moment(table.data['resultAt']), moment(rest.data['resultAt'])];
  const tableWins = Number.isFinite(tableEnd) && !(of.repeats && restEnd > tableEnd + sameEndMs);
  const [winner, loser] = tableWins ? [table, rest] : [rest, table];
  const replaced =
    tableWins && old === rest
      ? { source: rest.source, result: said(rest.data['result']) }
      : (winner.data['replaced'] ?? loser.data['replaced']);
  // Only what the winner's source knows of at all: a row read again must not look like news.
  const words = of.words.filter((key) => key in winner.data);
  const merged: LakeFact = {
    ...winner,
    observedAt: later(old.observedAt, next.observedAt) ?? next.observedAt,
    assets: [...winner.assets, ...loser.assets.filter((asset) => !winner.assets.includes(asset))],
    data: {
      ...winner.data,
      ...Object.fromEntries(
        words.map((key) => [key, winner.data[key] || loser.data[key] || (winner.data[key] ?? null)]),
      ),
      // The slice with the result may be a run's last one: when it began stands in an earlier one, or in REST's answer.
      ...('startedAt' in winner.data ? { startedAt: began(old, next) } : {}),
      ...(replaced === undefined ? {} : { replaced }),
    },
  };
  return { ...merged, title: of.title(merged) };
};

/** `same` for two facts of one source; across REST and system tables the rule above. */
export const mergeSources =
  (same: Merge, of: TwoSources): Merge =>
  (old, next) => {
    if ((old.source === of.rest) !== (next.source === of.rest)) return acrossSources(old, next, of);
    const merged = same(old, next);
    const replaced = next.data['replaced'] ?? old.data['replaced'];
    return replaced === undefined ? merged : { ...merged, data: { ...merged.data, replaced } };
  };

export const mergeRuns = (same: Merge, name: (fact: LakeFact) => string): Merge =>
  mergeSources(same, {
    rest: restRunsSource,
    title: (fact) => runTitle(fact, name(fact)),
    words: ['message', 'name', 'trigger'],
    repeats: true,
  });

/** No answer waits so long to be stored: one that is stored and so much newer was asked for by a clock that has been set back since. */
const longestWaitMs = 86_400_000;
/** Two answers of REST about one run: the one asked later knows more. A message that was read stays. */
export const newerAnswer: Merge = (old, next) => {
  const ahead = moment(old.observedAt) - moment(next.observedAt);
  const [first, last] = ahead <= 0 || ahead > longestWaitMs ? [old, next] : [next, old];
  const message = last.data['message'] ?? first.data['message'] ?? null;
  const isBehind = message === '' && [first, last].some(({ data }) => data[behindLimit] === true);
  return { ...last, data: { ...last.data, message, ...(isBehind ? { [behindLimit]: true } : {}) } };
};
