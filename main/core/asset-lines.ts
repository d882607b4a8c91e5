import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import type { AssetLine } from '../../shared/contract/asset.ts';
import type { LakeFact } from '../lake/port.ts';
import { factTone } from './describe.ts';
import { displayName } from './display.ts';

/** Lines of an asset's sheet from cached facts. Everything in a fact was said by somebody else's server: nothing is trusted. */

const isMoment = (value: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);

export const items = (fact: LakeFact): readonly JsonObject[] => {
  const found = fact.data['items'];
  return Array.isArray(found) ? found.filter((one): one is JsonObject => isJsonObject(one)) : [];
};
export const word = (value: JsonValue | undefined): string =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

export const line = (label: string, value: string, more: Partial<AssetLine> = {}): AssetLine => ({
  label: displayName(label),
  value: value === '' ? '' : displayName(value),
  chips: [],
  at: null,
  tone: 'plain',
  fact: null,
  ...more,
});

/** A fact of its own: its title says what, its time when. */
export const factLine = (fact: LakeFact): AssetLine =>
  line(fact.title, '', {
    at: fact.happenedAt,
    tone: factTone(fact.kind, fact.data),
    fact: fact.id,
    chips: typeof fact.data['by'] === 'string' ? [fact.data['by']] : [],
  });

/** "alteredBy" → "altered by". */
const spoken = (key: string): string => key.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
const hidden: ReadonlySet<string> = new Set([
  'what',
  // As it came; its fields stand beside it.
  'definition',
  'table',
  'items',
  'more',
  'unread',
  'workspace',
  'raw',
  'changedAt',
]);

const valueLine = (key: string, value: JsonValue): readonly AssetLine[] => {
  if (typeof value === 'boolean') return [line(spoken(key), value ? 'yes' : 'no')];
  if (Array.isArray(value)) {
    const words = value.map((one: JsonValue) => word(one)).filter((one) => one !== '');
    return words.length === 0 ? [] : [line(spoken(key), words.join(', '))];
  }
  if (isJsonObject(value)) {
    // One step down is read out ("domain: trading"); what lies deeper is shown as it is.
    const parts = Object.entries(value).flatMap(([name, one]) =>
      one === null ? [] : [`${name}: ${typeof one === 'object' ? JSON.stringify(one) : word(one)}`],
    );
    return parts.length === 0 ? [] : [line(spoken(key), parts.join(', '))];
  }
  const text = word(value);
  if (text === '') return [];
  return isMoment(text) ? [line(spoken(key), '', { at: text })] : [line(spoken(key), text)];
};

/** What is written in a settings fact that no section knows better: every plain value under its own name. */
export const plainLines = (data: JsonObject): readonly AssetLine[] =>
  Object.entries(data).flatMap(([key, value]) => (hidden.has(key) ? [] : valueLine(key, value)));

export const aboutLines = (fact: LakeFact): readonly AssetLine[] => items(fact).flatMap(plainLines);

/** Columns, with what tags and masks say of each. */
export const columnLines = (
  fact: LakeFact,
  about: { readonly tags: readonly JsonObject[]; readonly masks: readonly JsonObject[] },
): readonly AssetLine[] =>
  items(fact)
    .toSorted((a, b) => Number(a['place'] ?? 0) - Number(b['place'] ?? 0))
    .map((one) => {
      const name = word(one['name']);
      const of = (all: readonly JsonObject[]) => all.filter((other) => other['column'] === name);
      return line(name, word(one['type']), {
        chips: [
          ...(one['nullable'] === false ? ['not null'] : []),
          ...(typeof one['partition'] === 'number' ? ['partition'] : []),
          ...of(about.tags).map((tag) => tagWords(tag)),
          ...of(about.masks).map((mask) => `masked by ${word(mask['mask'])}`),
        ],
      });
    });

const tagWords = (tag: JsonObject): string =>
  word(tag['value']) === '' ? word(tag['tag']) : `${word(tag['tag'])}: ${word(tag['value'])}`;

export const tagLines = (fact: LakeFact): readonly AssetLine[] =>
  items(fact).map((one) => {
    const column = word(one['column']);
    return column === '' ? line(word(one['tag']), word(one['value'])) : line(column, tagWords(one));
  });

export const ruleLines = (fact: LakeFact): readonly AssetLine[] =>
  items(fact).map((one) => {
    const column = word(one['column']);
    const usedOn = word(one['columns']);
    return line(
      column === '' ? 'rows' : column,
      word(one['filter']) || word(one['mask']) || 'a rule that is not named',
      {
        chips: usedOn === '' ? [] : [`uses ${usedOn}`],
        tone: 'warn',
      },
    );
  });

/** One line per principal and place where the right was given. */
export const accessLines = (fact: LakeFact): readonly AssetLine[] => {
  const level = word(fact.data['what']);
  const grouped = new Map<string, { readonly who: string; readonly from: string; readonly privileges: string[] }>();
  for (const one of items(fact)) {
    const [who, from] = [word(one['who']), word(one['inheritedFrom'])];
    const key = `${who}\n${from}`;
    const known = grouped.get(key) ?? { who, from, privileges: [] };
    known.privileges.push(word(one['privilege']).replaceAll('_', ' '));
    grouped.set(key, known);
  }
  return [...grouped.values()].map(({ who, from, privileges }) =>
    line(who, privileges.join(', '), {
      chips: [
        ...(level === 'table' ? [] : [`on the ${level}`]),
        ...(from === '' || from === 'NONE' ? [] : [`inherited from ${from.toLowerCase()}`]),
      ],
    }),
  );
};

export const servedLines = (fact: LakeFact): readonly AssetLine[] =>
  items(fact).map((one) =>
    fact.data['what'] === 'aliases'
      ? line(`alias ${word(one['alias'])}`, `version ${word(one['version'])}`)
      : line(
          word(fact.data['endpoint']),
          `serves ${word(one['version']) === '' ? word(one['entity']) : `version ${word(one['version'])}`}`,
          {
            chips: [
              ...(typeof one['traffic'] === 'number' ? [`${one['traffic']} % of traffic`] : []),
              ...(word(one['state']) === '' ? [] : [word(one['state']).toLowerCase().replaceAll('_', ' ')]),
              ...(word(one['size']) === '' ? [] : [`size ${word(one['size']).toLowerCase()}`]),
              ...(one['scalesToZero'] === false ? ['never scales to zero'] : []),
            ],
          },
        ),
  );
