import type { ConnectionStep, DatabricksFailure } from './port.ts';

/** The few shapes of a step's result. */
export const works = (step: string, detail: string): ConnectionStep => ({ step, state: 'works', detail });
export const failed = (step: string, failure: DatabricksFailure): ConnectionStep => ({
  step,
  state: 'failed',
  detail: `${failure.what} ${failure.advice}`,
  failure,
});
export const skipped = (step: string, detail = 'An earlier step failed.'): ConnectionStep => ({
  step,
  state: 'skipped',
  detail,
});
