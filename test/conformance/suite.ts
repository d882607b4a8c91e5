import type { Check } from './check.ts';
import { answerChecks } from './checks/answers.ts';
import { collectorChecks } from './checks/collectors.ts';
import { deltaChecks } from './checks/delta.ts';
import { liveChecks } from './checks/live.ts';
import { shareChecks } from './checks/share.ts';
import { everyStatement, statementChecks } from './checks/statements.ts';
import { writerChecks } from './checks/writers.ts';
import type { Stage } from './stage.ts';

const all: readonly Check[] = [
  ...answerChecks,
  ...deltaChecks,
  ...shareChecks,
  ...writerChecks,
  ...liveChecks,
  // The sources bring the look-alikes that the connection check then finds.
  ...collectorChecks,
  ...statementChecks,
  everyStatement,
];

/** All checks for an engine, in the order in which they run. */
export const checksFor = (stage: Pick<Stage, 'engine'>): readonly Check[] =>
  all.filter((one) => one.only === undefined || one.only.includes(stage.engine));
