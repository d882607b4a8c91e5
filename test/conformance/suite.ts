import type { Check } from './check.ts';
import { answerChecks } from './checks/answers.ts';
import { deltaChecks } from './checks/delta.ts';
import type { Stage } from './stage.ts';

/** All checks for an engine, in the order in which they run. */
export const checksFor = (stage: Pick<Stage, 'engine'>): readonly Check[] =>
  [...answerChecks, ...deltaChecks].filter((one) => one.only === undefined || one.only.includes(stage.engine));
