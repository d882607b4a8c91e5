import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';

/** A row of a system table: as JSON text, and read. */
export type SystemRow = {
  readonly text: string;
  readonly row: JsonObject;
  /** It lies in the window of a room. */
  readonly recent: boolean;
};

/** Ids of things that go on, and of what happens to them: by these rows of different tables speak of the same. */
const ofThings = /(?:^|_)(?:job|pipeline|cluster|warehouse|endpoint|experiment|entity|notebook|dashboard)_ids?$/;
export const ofEvents = /(?:^|_)(?:run|update|statement)_ids?$/;
/** Keys with few values, of which each is another kind of row. */
const telling = /(?:type|state|status|status_code|action_name|level)$/;

const walk = (value: JsonValue, key: string, visit: (key: string, value: JsonValue) => void): void => {
  if (Array.isArray(value)) for (const one of value as readonly JsonValue[]) walk(one, key, visit);
  else if (isJsonObject(value)) for (const [name, one] of Object.entries(value)) walk(one, name, visit);
  else visit(key, value);
};

/** What kind of row it is: which fields are set, and what those say that have few values. */
const shapeOf = ({ row }: SystemRow): string => {
  const parts: string[] = [];
  walk(row, '', (key, value) => {
    if (value !== null) parts.push(telling.test(key) ? `${key}=${String(value)}` : key);
  });
  return [...new Set(parts)].sort().join(' ');
};

const idsOf = ({ row }: SystemRow, keys: readonly RegExp[]): readonly string[] => {
  const ids: string[] = [];
  walk(row, '', (key, value) => {
    if (typeof value === 'string' && value !== '' && keys.some((one) => one.test(key))) ids.push(value);
  });
  return ids;
};
/** Ids of runs, updates and statements that a row names. */
const eventIds = (one: SystemRow): readonly string[] => idsOf(one, [ofEvents]);
const everyId = (one: SystemRow): readonly string[] => idsOf(one, [ofThings, ofEvents]);

const byKind = (rows: readonly SystemRow[]): readonly (readonly SystemRow[])[] => {
  const kinds = new Map<string, SystemRow[]>();
  for (const one of rows) {
    const shape = shapeOf(one);
    const same = kinds.get(shape);
    if (same === undefined) kinds.set(shape, [one]);
    else same.push(one);
  }
  return [...kinds.values()];
};

/**
 * Rows of one kind in the order in which they are wanted: what is `sought`; then, of those with the least `score`, the first of each
 * thing and the oldest (some ask how far back rows reach); then the first of each other thing, and the rest.
 */
const wanted = (
  rows: readonly SystemRow[],
  score: (row: SystemRow) => number,
  sought: (row: SystemRow) => boolean,
): readonly SystemRow[] => {
  const sorted = rows.map((row) => ({ row, at: score(row) })).sort((a, b) => a.at - b.at);
  const things = new Set<string>();
  const isFirst = (row: SystemRow): boolean => {
    const own = idsOf(row, [ofThings]).filter((id) => !things.has(id));
    for (const id of own) things.add(id);
    return own.length > 0;
  };
  const all = sorted.map(({ row }) => row);
  const best = sorted.filter(({ at }) => at === sorted[0]?.at).map(({ row }) => row);
  return [
    ...new Set([...all.filter(sought), ...best.filter(isFirst), ...best.slice(-1), ...all.filter(isFirst), ...all]),
  ];
};

/** The kinds take turns. */
const inTurn = (kinds: readonly (readonly SystemRow[])[], most: number): readonly SystemRow[] => {
  const longest = Math.max(0, ...kinds.map((all) => all.length));
  return Array.from({ length: Math.min(longest, most) }, (_, turn) => kinds.flatMap((all) => all[turn] ?? []))
    .flat()
    .slice(0, most);
};

export type ChosenRows = {
  readonly tables: ReadonlyMap<string, readonly SystemRow[]>;
  /** Ids in the first row of each kind. */
  readonly first: ReadonlySet<string>;
};

/**
 * Few rows of each table that have to do with each other: of each kind of row some, first those that speak of `word` or share an id
 * with one that does. What the first row of a kind speaks of is looked for in all tables before everything else: so what one of them
 * tells of a thing is found in the others, whatever happened last. `tables`: rows of each table, newest first; `more`: those that
 * name one of these runs, updates or statements.
 */
export const chosenRows = async (
  tables: ReadonlyMap<string, readonly SystemRow[]>,
  word: string,
  most: number,
  more: (table: string, ids: readonly string[]) => Promise<readonly SystemRow[]>,
): Promise<ChosenRows> => {
  const speaks = ({ text }: SystemRow): boolean => text.includes(word);
  const near = new Set([...tables.values()].flatMap((rows) => rows.filter(speaks).flatMap(everyId)));
  const shares = (ids: readonly string[], other: ReadonlySet<string>): boolean => ids.some((id) => other.has(id));
  const score = (one: SystemRow): number =>
    (one.recent ? 0 : 3) + (speaks(one) ? 0 : shares(everyId(one), near) ? 1 : 2);
  const firstRows = [...tables.values()].flatMap((rows) =>
    byKind(rows).flatMap((all) => wanted(all, score, () => false).slice(0, 1)),
  );
  const events = new Set(firstRows.flatMap(eventIds));
  const isSought = (one: SystemRow): boolean => one.recent && shares(eventIds(one), events);
  const chosen = new Map<string, readonly SystemRow[]>();
  for (const [name, rows] of tables) {
    const known = new Set(rows.map(({ text }) => text));
    const all = [...rows, ...(await more(name, [...events])).filter(({ text }) => !known.has(text))];
    chosen.set(
      name,
      inTurn(
        byKind(all).map((kind) => wanted(kind, score, isSought)),
        most,
      ),
    );
  }
  return { tables: chosen, first: new Set(firstRows.flatMap(everyId)) };
};
