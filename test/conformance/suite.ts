import type { Check } from './check.ts';
import { alteredChecks } from './checks/altered.ts';
import { answerChecks } from './checks/answers.ts';
import { collectorChecks } from './checks/collectors.ts';
import { deltaChecks } from './checks/delta.ts';
import { eventLogChecks } from './checks/event-log.ts';
import { fileChecks } from './checks/files-api.ts';
import { grantChecks } from './checks/grants.ts';
import { killedChecks } from './checks/killed.ts';
import { limitChecks } from './checks/limits.ts';
import { liveChecks } from './checks/live.ts';
import { noColumnsChecks } from './checks/no-columns.ts';
import { openQuestions } from './checks/open-questions.ts';
import { refusalChecks } from './checks/refusals.ts';
import { rightChecks } from './checks/rights.ts';
import { shareChecks } from './checks/share.ts';
import { everyStatement, statementChecks } from './checks/statements.ts';
import { loadChecks } from './checks/under-load.ts';
import { vacuumChecks } from './checks/vacuumed.ts';
import { warehouseChecks } from './checks/warehouse.ts';
import { writerChecks } from './checks/writers.ts';

/** Every check, in the order in which they run. */
export const allChecks: readonly Check[] = [
  ...answerChecks,
  ...deltaChecks,
  ...refusalChecks,
  ...shareChecks,
  ...writerChecks,
  ...liveChecks,
  ...alteredChecks,
  ...vacuumChecks,
  ...noColumnsChecks,
  ...killedChecks,
  ...limitChecks,
  ...loadChecks,
  ...warehouseChecks,
  ...rightChecks,
  ...grantChecks,
  ...fileChecks,
  ...openQuestions,
  ...eventLogChecks,
  // The sources bring the look-alikes that the connection check then finds.
  ...collectorChecks,
  ...statementChecks,
  everyStatement,
];
