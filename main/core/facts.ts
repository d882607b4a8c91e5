import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
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

const names = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/**
 * That a later row replaced what was told before: by whom; and in words what was told, where it was something else than that it
 * still runs. Nearly every run of an open room is told twice: what agrees is said in the opened line only.
 */
const replacedOf = ({ data }: LakeFact): { readonly by: string | null; readonly words: string | null } => {
  const { replaced } = data;
  if (replaced === undefined || !isJsonObject(replaced) || typeof replaced['source'] !== 'string')
    return { by: null, words: null };
  const { source, result } = replaced;
  return {
    by: typeof result === 'string' ? source : null,
    words: typeof result === 'string' ? toldEarlier(source, result, data['result']) : beforeLineage(replaced),
  };
};
const toldEarlier = (source: string, result: string, now: JsonValue | undefined): string | null =>
  result === now || result === 'running' ? null : `Told earlier by ${source}: ${result.replaceAll('-', ' ')}.`;
const beforeLineage = ({ reads, writes }: JsonObject): string => {
  const tables = [...new Set([...names(reads), ...names(writes)])];
  return `Lineage came later; before, it named ${tables.length === 0 ? 'no table' : displayName(tables.join(', '))}.`;
};

/** A cached fact as a line of the timeline. It is this device's copy of what the platform said: `cached`, by nobody. */
export const factEntry = (fact: LakeFact): Entry => {
  const replaced = replacedOf(fact);
  return {
    id: fact.id,
    kind: 'fact',
    factKind: fact.kind,
    title: displayName(fact.title),
    body: replaced.words,
    by: null,
    happenedAt: fact.happenedAt,
    observedAt: fact.observedAt,
    recordedAt: null,
    tone: factTone(fact.kind, fact.data),
    assets: onMap(fact.assets),
    chips: [fact.source],
    ...(replaced.by === null ? {} : { replaces: replaced.by }),
    versions: [],
    witnesses: 0,
    withheld: 0,
    withoutEffect: null,
    ledger: 'cached',
  };
};
