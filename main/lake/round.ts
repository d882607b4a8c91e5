import type { Result } from '../../shared/base/result.ts';
import type { DatabricksFailure } from '../databricks/port.ts';
import { endsRound } from './rest-read.ts';

/**
 * Failures of which nobody says whether one thing is too much for the service, or the service fails. The others that end a round are of
 * the workspace as a whole (no line, no right, too many calls): asking about the next thing would only repeat them.
 */
const ofOneOrAll: readonly string[] = ['TimedOut', 'Unavailable', 'ReplyLost'];
/** So many of these in a row, about different things, are the service. */
const mostInARow = 3;

export type Round = {
  /**
   * What an answer about one thing means for the others. `unanswered`: it costs this thing only, the next one is asked; `stopped`: the
   * next would end the same way. A refusal is an answer. `by`: who was asked, where one thing takes questions to several: what one of them
   * answers says nothing of another, which is counted for itself.
   */
  readonly judge: (found: Result<unknown, DatabricksFailure>, by?: string) => 'answered' | 'unanswered' | 'stopped';
  /** What ended the round; null = nothing did. */
  readonly stopped: () => DatabricksFailure | null;
  /** The first failure that cost one thing only; null = there was none. */
  readonly unanswered: () => DatabricksFailure | null;
};

/**
 * Things of one workspace that are asked about one by one. One that is too slow or makes the service fail must not keep the others
 * from being read, at this look and at all that follow; nor may each of hundreds wait for a service that does not answer at all.
 */
export const newRound = (): Round => {
  const inARow = new Map<string, number>();
  let stopped: DatabricksFailure | null = null;
  let first: DatabricksFailure | null = null;
  return {
    judge: (found, by = '') => {
      if (found.ok || !endsRound(found.error)) {
        inARow.delete(by);
        return 'answered';
      }
      const failed = (inARow.get(by) ?? 0) + 1;
      inARow.set(by, failed);
      if (!ofOneOrAll.includes(found.error.tag) || failed >= mostInARow) {
        stopped = found.error;
        return 'stopped';
      }
      first ??= found.error;
      return 'unanswered';
    },
    stopped: () => stopped,
    unanswered: () => first,
  };
};
