import type { CollectedFact } from '../collector.ts';
import type { LakeFact } from '../port.ts';

/** A message is a sentence for people; stack traces and output stay in the workspace. */
const messageLimit = 500;
export const shortMessage = (text: string): string => text.toWellFormed().slice(0, messageLimit);

/**
 * In the data of a fact whose message is empty because its source has a limit, and what lies behind it was not looked through: asked
 * again it would end there again, so it is not, and the source stays not complete.
 */
export const behindLimit = 'messageBehindLimit';

/** Words for a fact that is stored already; nothing else of it changes. */
export const messageOnly = (fact: LakeFact): CollectedFact => ({
  fact,
  onlyIfKnown: true,
  merge: (old, next) => ({
    ...old,
    data: {
      ...old.data,
      message: next.data['message'] ?? null,
      ...(next.data[behindLimit] === true ? { [behindLimit]: true } : {}),
    },
  }),
});
