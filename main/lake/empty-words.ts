import type { SourceRow } from '../store/lake.ts';
import type { Collected } from './collector.ts';

const nothingToAsk = 'Nothing in scope to ask about.';
const nothingFound = 'Nothing found in scope that this user can see.';

/**
 * What a source brought, saying so where that is nothing: it is fresh, but of nothing, as with few rights or a small scope. Not of a
 * source that brought something before, or has a word of its own: it may only rest for a while, or have nothing new.
 */
export const withEmptyWords = (collected: Collected, isAsked: boolean, before: SourceRow | undefined): Collected => {
  const { facts = [], edges = [], assets = [], completeTo, note, failure } = collected;
  const isEmpty = facts.length + edges.length + assets.length === 0 && completeTo === null;
  const wasEmpty = before?.observed == null || before.note === nothingToAsk || before.note === nothingFound;
  if (!isEmpty || !wasEmpty || note !== null || failure !== undefined) return collected;
  const wasAsked = isAsked || before?.note === nothingFound;
  return { ...collected, note: wasAsked ? nothingFound : nothingToAsk };
};
