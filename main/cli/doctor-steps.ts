import type { Failure } from '../../shared/base/failure.ts';
import type { Result } from '../../shared/base/result.ts';
import { utcDay } from '../core/budget-rule.ts';
import { nodeScheduler } from '../core/node-seams.ts';
import { tellBeside } from '../core/usage-beside.ts';
import { checkConnection } from '../databricks/connection-check.ts';
import type { Connection, ConnectionStep } from '../databricks/port.ts';
import { countedWorkspace, noTally } from '../lake/counted-workspace.ts';
import { checkedSources } from '../lake/sources.ts';
import type { Finding } from './doctor-finding.ts';
import { systemClock, systemRandom } from './machine.ts';

const words: Readonly<Record<ConnectionStep['state'], string>> = {
  works: '',
  failed: '',
  skipped: 'left out: ',
  'missing-grant': 'missing grant: ',
  'not-here': 'not in this workspace: ',
  'preview-off': 'not switched on: ',
};

const adviceOf = (step: ConnectionStep): string | undefined => {
  if (step.failure !== undefined) return step.failure.advice;
  if (step.asks === 'start-warehouse') return 'Add --start-warehouse to go on.';
  if (step.state === 'works' && step.ask !== undefined) return `If there should be something, ask for ${step.ask}.`;
  if (step.state === 'works' || step.state === 'skipped') return undefined;
  const without = (step.features ?? []).join(', ');
  return [
    ...(step.ask === undefined ? [] : [`Ask for ${step.ask}.`]),
    ...(without === '' ? [] : [`It costs: ${without}.`]),
    ...(step.otherwise === undefined ? [] : [step.otherwise]),
  ].join(' ');
};

/**
 * A connection, step by step down to each source; one that cannot even be tried is one line. What it sends counts for the limit of the
 * day of the profile in `folder` (null = for none: practice costs nothing), step by step: a command that is killed sent it all the same.
 */
export const stepFindings = async (
  connection: Result<Connection, Failure>,
  folder: string | null,
  startWarehouse: boolean,
): Promise<readonly Finding[]> => {
  if (!connection.ok)
    return [{ name: 'connection', state: 'wrong', detail: connection.error.what, advice: connection.error.advice }];
  const deps = { clock: systemClock, scheduler: nodeScheduler, random: systemRandom };
  let used = noTally();
  const tell = (): void => {
    const { statements, ms } = used;
    if (folder === null || statements + ms === 0) return;
    used = noTally();
    tellBeside(folder, { day: utcDay(systemClock.now()), statements, ms });
  };
  const steps = await checkConnection(connection.value, checkedSources, deps, {
    startWarehouse,
    counted: (workspace) => countedWorkspace(workspace, systemClock, () => used),
    onStep: tell,
  });
  tell();
  return steps.map((step) => {
    const advice = adviceOf(step);
    return {
      name: `· ${step.step}`,
      state: step.state === 'failed' ? 'wrong' : step.state === 'works' ? 'fine' : 'note',
      detail: `${words[step.state]}${step.detail}${step.pace === undefined ? '' : ` Its facts: ${step.pace}.`}`,
      ...(advice === undefined || advice === '' ? {} : { advice }),
      check: step,
    };
  });
};

const unique = (all: readonly string[]): readonly string[] => [...new Set(all)];

/** What to ask an administrator for, all at once, as lines to copy; empty when nothing is missing. */
export const askLines = (findings: readonly Finding[]): readonly string[] => {
  const grants = unique(findings.flatMap(({ check }) => check?.grants ?? []));
  const commands = unique(findings.flatMap(({ check }) => check?.commands ?? []));
  return [
    ...(grants.length === 0 ? [] : ['', 'To ask an administrator for, as SQL:', ...grants.map((one) => `  ${one}`)]),
    ...(commands.length === 0
      ? []
      : ['', 'and with the Databricks CLI, as account or metastore admin:', ...commands.map((one) => `  ${one}`)]),
  ];
};
