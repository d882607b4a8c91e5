import type { SourceRow } from '../store/lake.ts';
import type { Collected } from './collector.ts';

const nothingToAsk = 'Nothing in scope to ask about.';
const nothingFound = 'Nothing found in scope that this user can see.';

/** Whether a source said so when it was read last: one that rested since adds to it why, and until when. */
const saidIn = (note: string | null, words: string): boolean =>
  note === words || note?.startsWith(`${words} `) === true;

/**
 * What a source brought, saying so where that is nothing: it is fresh, but of nothing, as with few rights or a small scope. Not of a
 * source that brought something before, or has a word of its own: it may only rest for a while, or have nothing new.
 */
export const withEmptyWords = (collected: Collected, isAsked: boolean, before: SourceRow | undefined): Collected => {
  const { facts = [], edges = [], assets = [], completeTo, note, failure } = collected;
  const isEmpty = facts.length + edges.length + assets.length === 0 && completeTo === null;
  const wasEmpty = before?.observed == null || saidIn(before.note, nothingToAsk) || saidIn(before.note, nothingFound);
  if (!isEmpty || !wasEmpty || note !== null || failure !== undefined) return collected;
  const wasAsked = isAsked || saidIn(before?.note ?? null, nothingFound);
  return { ...collected, note: wasAsked ? nothingFound : nothingToAsk };
};
