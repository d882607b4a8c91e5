import { dbx } from '../databricks/statements.ts';
import type { CollectContext } from './collector.ts';
import type { Condition, Parameters } from './pull.ts';
import { oneOf, scoped } from './scope-filter.ts';
import { timeWindow } from './window.ts';

/**
 * What a table about runs of jobs is asked for: this workspace, [start, until) on `time`, in a pack the jobs in scope; null = a
 * pack without a job.
 */
export const askOfJobs = (
  context: CollectContext,
  time: string,
  ...others: readonly Condition[]
): { readonly where: readonly Condition[]; readonly parameters: Parameters } | null => {
  const jobs = scoped(context, 'job');
  if (context.lane === 'pack' && jobs.length === 0) return null;
  const window = timeWindow(context, time);
  const ofJobs = context.lane === 'pack' ? oneOf('job_id', 'jobs', jobs) : null;
  return {
    where: [
      ...window.where,
      { needs: 'workspace_id', piece: dbx`workspace_id = :workspace` },
      ...others,
      ...(ofJobs === null ? [] : [ofJobs.where]),
    ],
    parameters: { ...window.parameters, workspace: context.workspaceId, ...ofJobs?.parameters },
  };
};
