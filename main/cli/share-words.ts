import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, type Result } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/contract/calls.ts';
import type { Core } from '../core/create-core.ts';
import type { CommandContext } from './command.ts';
import { plainText } from './plain-text.ts';

export type Status = CallOutput<'app.status'>;
export type ShareState = CallOutput<'share.setup'>;

export const placeWords = ({ kind, place }: Pick<ShareState, 'kind' | 'place'>): string =>
  `${kind === 'delta' ? 'Delta tables in' : 'folder'} ${plainText(place)}`;

export const entries = (count: number): string => `${count} ${count === 1 ? 'entry' : 'entries'}`;

/**
 * A share that cannot reach its tables says "no workspace"; the connection knows why. Practice is never started by a tool
 * that sends things: the advice names the command that does.
 */
export const explained = async <T>(core: Core, answer: Result<T, Failure>): Promise<Result<T, Failure>> =>
  answer.ok ? answer : err(await explain(core, answer.error));

export const explain = async (core: Core, told: NonNullable<ShareState['failure']>): Promise<Failure> => {
  const problem = failure(told.tag, told.what, told.safe, told.advice, told.code);
  if (problem.tag !== 'ShareOffline') return problem;
  const status = await core.call('app.status', {});
  const cause = status.ok ? status.value.workspace.failure : null;
  if (!status.ok || cause === null || cause.what === problem.what) return problem;
  const advice = status.value.workspace.kind === 'practice' ? 'Start it with `breakwater practice`.' : cause.advice;
  return { ...problem, what: `${problem.what} ${cause.what}`, advice };
};

/** Who this device is in the organisation, as far as somebody must do something about it. */
export const printAdmission = (context: CommandContext, status: Status): void => {
  const waiting = status.notices.find(({ tag }) => tag === 'NotAdmitted');
  if (waiting !== undefined)
    for (const line of [waiting.what, waiting.safe, waiting.advice]) context.out(plainText(line));
  // Who waits to be let in can let nobody in; one of those who ask is this device.
  else if (status.joinRequests > 0)
    context.out(
      status.joinRequests === 1
        ? '1 device asks to be let in; somebody with the right to does that in the app.'
        : `${status.joinRequests} devices ask to be let in; somebody with the right to does that in the app.`,
    );
};
