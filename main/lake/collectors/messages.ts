import type { CollectedFact } from '../collector.ts';
import type { LakeFact } from '../port.ts';

/** A message is a sentence for people; stack traces and output stay in the workspace. */
const messageLimit = 500;
export const shortMessage = (text: string): string => text.toWellFormed().slice(0, messageLimit);

/** Words for a fact that is stored already; nothing else of it changes. */
export const messageOnly = (fact: LakeFact): CollectedFact => ({
  fact,
  onlyIfKnown: true,
  merge: (old, next) => ({ ...old, data: { ...old.data, message: next.data['message'] ?? null } }),
});
