import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../../shared/base/json.ts';
import type { Instant } from '../../../shared/base/time.ts';
import type { AssetId, FactId } from '../../../shared/domain/ids.ts';
import { factById } from '../../store/lake.ts';
import { factId } from '../assets.ts';
import type { CollectContext, CollectedFact } from '../collector.ts';
import { factOf } from '../fact-rows.ts';
import type { LakeFact } from '../port.ts';
import { said } from '../values.ts';

/** One version of a definition: a row of a table that keeps every version (SCD2). `fields` are what counts as its content. */
export type DefinitionRow = {
  readonly key: string;
  readonly workspace: string;
  readonly assets: readonly AssetId[];
  /** "Job nightly", "Task load of nightly". */
  readonly name: string;
  readonly changedAt: Instant;
  readonly deletedAt: Instant | null;
  /** The moment it came to be, where the table tells it. */
  readonly createdAt: Instant | null;
  readonly by: string | null;
  readonly fields: JsonObject;
};

const short = (value: JsonValue | undefined): string => {
  const text =
    value === undefined || value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
};
const spoken = (key: string): string => key.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

/** What differs between two versions, in words, field by field. A field that one of them does not know is not compared. */
export const differences = (before: JsonObject, after: JsonObject): readonly string[] =>
  Object.keys(after).flatMap((key) => {
    const [a, b] = [before[key], after[key]];
    if (a === undefined || b === undefined || JSON.stringify(a) === JSON.stringify(b)) return [];
    return [`${spoken(key)} ${short(a)} → ${short(b)}`];
  });

const settingsId = (row: DefinitionRow): FactId => factId('settings', row.workspace, row.key);

type Known = { readonly changedAt: string; readonly fields: JsonObject };
const knownOf = (fact: LakeFact | null): Known | null => {
  const fields = fact?.data['definition'];
  const at = fact?.data['changedAt'];
  return isJsonObject(fields) && typeof at === 'string' ? { changedAt: at, fields } : null;
};

/** The newest version wins, in whatever order they come; a row that says the same again changes nothing. */
export const newestDefinition = (old: LakeFact, next: LakeFact): LakeFact =>
  said(next.data['changedAt']) >= said(old.data['changedAt']) ? next : old;

/**
 * Facts of definitions as they are now (settings) and of how they changed within the window. The newest row of a key counts
 * first, and only then its deletion (facts 1.0). A change is told with what differs from the version before, which is in
 * this answer or in the cache; where neither has one, the first row of a key is its creation, if the table says so.
 */
export const definitionFacts = (
  rows: readonly DefinitionRow[],
  source: string,
  context: CollectContext,
): readonly CollectedFact[] => {
  const byKey = Map.groupBy(rows, (row) => row.key);
  return [...byKey.values()].flatMap((all) => {
    const sorted = all.toSorted((a, b) => (a.changedAt < b.changedAt ? -1 : a.changedAt > b.changedAt ? 1 : 0));
    const newest = sorted.at(-1);
    if (newest === undefined) return [];
    const common = { source, workspace: newest.workspace, observedAt: context.observedAt, completeTo: null } as const;
    const row = factById(context.db, settingsId(newest));
    const cached = knownOf(row === undefined ? null : factOf(row));
    // What was read again (late rows, an answer that had been cut off) is compared within itself.
    let before = cached !== null && cached.changedAt < (sorted[0]?.changedAt ?? '') ? cached : null;
    const facts: CollectedFact[] = [];
    for (const one of sorted) {
      const words = before === null ? [] : differences(before.fields, one.fields);
      const created = before === null && one.createdAt !== null && one.createdAt === one.changedAt;
      const what =
        one.deletedAt !== null
          ? 'was deleted'
          : created
            ? 'was created'
            : words.length > 0
              ? `changed: ${words.join('; ')}`
              : null;
      const at = one.deletedAt ?? one.changedAt;
      if (what !== null && at >= context.horizon)
        facts.push({
          fact: {
            ...common,
            id: factId('definition-change', one.workspace, `${one.key}@${at}`),
            kind: 'definition-change',
            happenedAt: at,
            assets: one.assets,
            title: `${one.name} ${what}`,
            data: {
              what: one.deletedAt !== null ? 'deleted' : created ? 'created' : 'changed',
              by: one.by,
              changes: [...words],
            },
          },
        });
      before = { changedAt: one.changedAt, fields: one.fields };
    }
    return [
      ...facts,
      {
        fact: {
          ...common,
          id: settingsId(newest),
          kind: 'settings',
          happenedAt: newest.changedAt,
          assets: newest.assets,
          title: newest.deletedAt === null ? newest.name : `${newest.name}, deleted`,
          data: {
            what: 'definition',
            changedAt: newest.changedAt,
            deleted: newest.deletedAt,
            definition: newest.fields,
            ...newest.fields,
          },
        },
        merge: newestDefinition,
      },
    ];
  });
};

/** Structs and lists arrive as JSON text; what is none is left as it is. */
export const jsonField = (text: string | null): JsonValue => {
  const value = text === null ? null : parseJson(text);
  return value === null ? null : value.ok ? value.value : text;
};
