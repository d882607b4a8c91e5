import type { LakeFact } from './port.ts';
import { said } from './values.ts';

const words: Readonly<Record<string, string>> = {
  succeeded: 'succeeded', failed: 'failed', cancelled: 'was cancelled', 'timed-out': 'timed out', skipped: 'was skipped',
  'succeeded-with-failures': 'succeeded, with failed tasks', blocked: 'is blocked', running: 'is running', unknown: 'ended in a way we do not know',
}; // prettier-ignore

/** How something ended, in words that follow its name. */
export const resultWords = (result: string): string => words[result] ?? 'ended';

/** The same of a fact: nobody told whether something without a result has ended. */
const endWords = ({ result, resultAt }: LakeFact['data']): string =>
  result === 'unknown' && resultAt === null ? 'has a result that cannot be read' : resultWords(said(result));

/** "42 min", "2.3 h". */
const lasted = (ms: number): string =>
  ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;

/** What is slow went well: how long it took says more than that. */
const slowWords = ({ tookMs, usualMs }: LakeFact['data']): string | null =>
  typeof tookMs === 'number' && typeof usualMs === 'number'
    ? `took ${lasted(tookMs)}, usually ${lasted(usualMs)}`
    : null;

/** "Run 88213 of daily_features failed", "Task check of daily_features failed (run 88213)", "… took 42 min, usually 12 min (run 88213)". */
export const runTitle = (fact: Pick<LakeFact, 'data'>, jobName: string): string => {
  const { run, task, name } = fact.data;
  const what = slowWords(fact.data) ?? endWords(fact.data);
  const job = jobName.startsWith('job ') && typeof name === 'string' && name !== '' ? name : jobName;
  return typeof task === 'string'
    ? `Task ${task} of ${job} ${what} (run ${said(run)})`
    : `Run ${said(run)} of ${job} ${what}`;
};

/** "Update of daily_sales failed". */
export const updateTitle = (fact: LakeFact, name: string): string => {
  const { type } = fact.data;
  const what = type === 'FULL_REFRESH' ? 'Full refresh' : type === 'VALIDATE' ? 'Dry run' : 'Update';
  return `${what} of ${name} ${endWords(fact.data)}`;
};
