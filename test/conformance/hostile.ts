/** How things are called: as in the world, or as somebody who means harm would. */
export type Naming = {
  /** Rows as JSON, with their names and ids changed; `spared` stay as they are, so that REST, which knows the world only, can tell of them. */
  readonly rows: (json: string, spared: ReadonlySet<string>) => string;
  /** One name of a table or column. */
  readonly name: (plain: string) => string;
};

/**
 * What somebody who means harm, or who simply writes another language, appends to a name: quotes of each kind, comments, markers,
 * line ends of SQL, Unicode, patterns, and length. None of it is in a name of the practice world, so it can be taken off again.
 */
const inAnyName = ['`~', '\'~"~', '--~', ':x~', "');~", '漢😀é~', '%_\\~', `${'x'.repeat(200)}~`] as const;
/** Tables have neither dots nor spaces nor slashes (Unity Catalog); columns may have them. */
const inColumns = [...inAnyName, ' two words~', '.dotted.~', '/*~'] as const;

const hash = (text: string): number =>
  Array.from(text).reduce((sum, char) => (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973, 7);

/** Every second name stays as it is: typical and hostile ones stand side by side. The same name always becomes the same. */
const withTail = (plain: string, tails: readonly string[]): string => {
  const at = hash(plain);
  return at % 2 === 0 ? plain : `${plain}${tails[Math.floor(at / 2) % tails.length] ?? ''}`;
};

/** Keys of rows whose text names a table, with or without what it lies in. */
const ofTables = /(?:table|view|model)_?(?:full_)?name$|^entity_name$|^full_name_arg$/;
const ofColumns = /column_name$/;
/** Names, ids and words that people or other programs chose. */
const ofOthers =
  /^(?:name|job_name|run_name|cluster_name|warehouse_name|endpoint_name|pipeline_name|dataset_name|flow_name|served_entity_name|task_key|metric_name|entity_id|job_id|run_id|job_run_id|pipeline_id|dlt_pipeline_id|update_id|notebook_id|dashboard_id|sql_query_id|cluster_id|warehouse_id|statement_id|endpoint_id|experiment_id|served_entity_id|created_by|owned_by|run_as|executed_by|email|message|error_message|description)$/;

const renamed = (key: string, text: string): string => {
  if (text === '') return text;
  if (ofColumns.test(key)) return withTail(text, inColumns);
  if (ofTables.test(key)) {
    const parts = text.split('.');
    return [...parts.slice(0, -1), withTail(parts.at(-1) ?? '', inAnyName)].join('.');
  }
  return ofOthers.test(key) ? withTail(text, inAnyName) : text;
};

const pair = /"(\w+)":("(?:[^"\\]|\\.)*")/g;
const list = /"(depends_on_keys|compute_ids)":\[([^\]]*)\]/g;
const keyOfList: Readonly<Record<string, string>> = { depends_on_keys: 'task_key', compute_ids: 'cluster_id' };
const changed = (key: string, quoted: string, spared: ReadonlySet<string>): string => {
  const text = JSON.parse(quoted) as string;
  return spared.has(text) ? quoted : JSON.stringify(renamed(key, text));
};

/** Every second name and id is hostile. */
export const hostile: Naming = {
  rows: (json, spared) =>
    json
      .replaceAll(pair, (_, key: string, text: string) => `"${key}":${changed(key, text, spared)}`)
      .replaceAll(
        list,
        (_, key: string, items: string) =>
          `"${key}":[${items.replaceAll(/"(?:[^"\\]|\\.)*"/g, (text) => changed(keyOfList[key] ?? '', text, spared))}]`,
      ),
  name: (plain) => withTail(plain, inColumns),
};

/** Everything as the world names it. */
export const typical: Naming = { rows: (json) => json, name: (plain) => plain };

/** Tables whose names are hostile, one for each way; beside it the same ones with harmless names. */
export const hostileTables: readonly { readonly plain: string; readonly hostile: string }[] = inAnyName.map(
  (tail, i) => ({
    plain: `past_${i}`,
    hostile: `past_${i}${tail}`,
  }),
);

const escaped = (text: string): readonly string[] => [
  text,
  JSON.stringify(text).slice(1, -1),
  JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1),
];
const everyTail = [...new Set(inColumns.flatMap((tail) => [tail, tail.replaceAll('`', '``')]).flatMap(escaped))].sort(
  (a, b) => b.length - a.length,
);

/** A line about hostile names as it would be about the typical ones. */
export const harmless = (line: string): string => everyTail.reduce((text, tail) => text.replaceAll(tail, ''), line);
