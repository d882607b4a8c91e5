import type { JsonObject } from '../../shared/base/json.ts';
import type { ActorId } from '../../shared/domain/ids.ts';
import type { EventDraft } from '../log/port.ts';
import type { CitationView } from '../log/views-port.ts';
import type { LakeFact } from '../lake/port.ts';
import { isCitedAsIs } from './older-facts.ts';
import { given } from './write.ts';

/** What ids of assets may take of an event's line, which is at most 32 KiB (event-format section 1), in bytes. */
const assetsLimit = 20_000;

/**
 * The assets that fit, in their order: a fact about twenty columns of 255 characters names more than a line holds, and its table
 * comes first. The snapshot then has all of them.
 */
const withinLine = (assets: LakeFact['assets']): string[] => {
  let bytes = 0;
  return assets.filter((asset) => (bytes += Buffer.byteLength(JSON.stringify(asset)) + 1) <= assetsLimit);
};

/** Citation makes a cached fact evidence (event-format section 4): the fact as it was seen here, in a disclosure. */
export const citationOf = (fact: LakeFact, signalId?: string): EventDraft => {
  const assets = withinLine(fact.assets);
  const all = assets.length < fact.assets.length ? { assets: [...fact.assets] } : {};
  return {
    type: 'fact.cited',
    fields: given({
      fact_id: fact.id,
      kind: fact.kind,
      source: fact.source,
      happened_at: fact.happenedAt,
      observed_at: fact.observedAt,
      complete_to: fact.completeTo,
      assets,
      signal_id: signalId,
      snapshot: { title: fact.title, workspace: fact.workspace, data: fact.data, ...all } satisfies JsonObject,
    }),
  };
};

/**
 * True when this person already cited the fact in this room and it says the same still: citing it again would add nothing. A
 * fact that was told otherwise since is cited anew, so that what is concluded on it now rests on what it says now.
 */
export const isCitedBy = (citations: readonly CitationView[], fact: LakeFact, person: ActorId): boolean =>
  citations.some(
    (one) => one.factId === fact.id && one.witnesses.some(({ by }) => by.actor === person) && isCitedAsIs(one, fact),
  );
