import type { Instant } from '../../shared/base/time.ts';
import type { Entry } from '../../shared/contract/room.ts';
import type { LakeFact } from '../lake/port.ts';
import { displayName, onMap } from './display.ts';
import { factTone } from './describe.ts';

/** Which cached facts belong to a room: those about its assets, from a while before it started. */
export type FactWindow = { readonly assets: readonly string[]; readonly from: Instant };
export type FactPosition = { readonly at: Instant; readonly id: string };

/** The cached facts of the lake as the core reads them: newest first, ties by id downwards. */
export type FactSource = {
  readonly page: (window: FactWindow, before: FactPosition | null, limit: number) => readonly LakeFact[];
  readonly count: (window: FactWindow) => number;
  readonly byId: (id: string) => LakeFact | null;
};

/** What was there before anybody wrote into the room can be its cause: a day and a half (look.md: "412 changes in 36 h"). */
export const factsBeforeMs = 36 * 3_600_000;

/** A cached fact as a line of the timeline. It is this device's copy of what the platform said: `cached`, by nobody. */
export const factEntry = (fact: LakeFact): Entry => ({
  id: fact.id,
  kind: 'fact',
  factKind: fact.kind,
  title: displayName(fact.title),
  body: null,
  by: null,
  happenedAt: fact.happenedAt,
  observedAt: fact.observedAt,
  recordedAt: null,
  tone: factTone(fact.kind, fact.data),
  assets: onMap(fact.assets),
  chips: [fact.source],
  versions: [],
  witnesses: 0,
  withheld: 0,
  withoutEffect: null,
  ledger: 'cached',
});
