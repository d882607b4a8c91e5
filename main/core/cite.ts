import type { JsonObject } from '../../shared/base/json.ts';
import type { ActorId } from '../../shared/domain/ids.ts';
import type { EventDraft } from '../log/port.ts';
import type { CitationView } from '../log/views-port.ts';
import type { LakeFact } from '../lake/port.ts';
import { isCitedAsIs } from './older-facts.ts';
import { given } from './write.ts';

/** Citation makes a cached fact evidence (event-format section 4): the fact as it was seen here, in a disclosure. */
export const citationOf = (fact: LakeFact, signalId?: string): EventDraft => ({
  type: 'fact.cited',
  fields: given({
    fact_id: fact.id,
    kind: fact.kind,
    source: fact.source,
    happened_at: fact.happenedAt,
    observed_at: fact.observedAt,
    complete_to: fact.completeTo,
    assets: [...fact.assets],
    signal_id: signalId,
    snapshot: { title: fact.title, workspace: fact.workspace, data: fact.data } satisfies JsonObject,
  }),
});

/**
 * True when this person already cited the fact in this room and it says the same still: citing it again would add nothing. A
 * fact that was told otherwise since is cited anew, so that what is concluded on it now rests on what it says now.
 */
export const isCitedBy = (citations: readonly CitationView[], fact: LakeFact, person: ActorId): boolean =>
  citations.some(
    (one) => one.factId === fact.id && one.witnesses.some(({ by }) => by.actor === person) && isCitedAsIs(one, fact),
  );
