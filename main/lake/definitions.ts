import { isJsonObject, type JsonValue } from '../../shared/base/json.ts';
import { parseExact } from '../databricks/exact-json.ts';
import type { TableName } from '../databricks/identifiers.ts';
import type { TextRow } from '../databricks/port.ts';
import { column, dbx, type StatementMaker } from '../databricks/statements.ts';
import { workspaceAsset } from './assets.ts';
import type { CollectContext, Collector, SourceMeta } from './collector.ts';
import { ownOf } from './cursor.ts';
import { makeFact } from './make-fact.ts';
import type { LakeFact } from './port.ts';
import { instantOf, minus, textOf } from './rows.ts';
import { oneOf } from './scope-filter.ts';
import { asMicros, asShort, asText, before, computed, type Wanted } from './select.ts';
import { tableCollector } from './table-source.ts';
import { said } from './values.ts';

/** Definitions change long before they are needed: the first pull takes all, later ones a day of lateness. */
const day = 86_400_000;
const nameLimit = 300;
const shownChanges = 2;

export type FieldChange = { readonly field: string; readonly from: JsonValue; readonly to: JsonValue };

const valueOf = (text: string | null): JsonValue => {
  if (text === null || !/^[[{]/.test(text)) return text;
  const parsed = parseExact(text);
  return parsed.ok ? parsed.value : text;
};
/** Year 1 in microseconds: what stands in a table may be older than 1970. */
const everSince = '-62135596800000000';
/** JSON with sorted keys: the order of a map's entries says nothing. */
const canonical = (value: JsonValue): string =>
  JSON.stringify(value, (_key, one: JsonValue) =>
    isJsonObject(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );

/** What differs between two versions, field by field; a struct or a map by its own fields (`settings.photon`). */
export const fieldChanges = (field: string, from: string | null, to: string | null): readonly FieldChange[] => {
  const [a, b] = [valueOf(from), valueOf(to)];
  if (canonical(a) === canonical(b)) return [];
  if (!isJsonObject(a) || !isJsonObject(b)) return [{ field, from: a, to: b }];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().flatMap((key) => {
    const [x, y] = [ownOf(a, key) ?? null, ownOf(b, key) ?? null];
    return canonical(x) === canonical(y) ? [] : [{ field: `${field}.${key}`, from: x, to: y }];
  });
};

const shown = (value: JsonValue): string => {
  if (value === null) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
};
const changeWords = (changes: readonly FieldChange[]): string => {
  const some = changes.slice(0, shownChanges).map((one) => `${one.field} ${shown(one.from)} → ${shown(one.to)}`);
  return `${some.join(', ')}${changes.length > shownChanges ? ` and ${changes.length - shownChanges} more` : ''}`;
};

export type DefinitionSource = {
  readonly source: string;
  readonly label: string;
  readonly table: TableName;
  readonly kind: StatementMaker;
  readonly countKind: StatementMaker;
  readonly meta: SourceMeta;
  readonly asset: 'pipeline' | 'cluster' | 'warehouse';
  readonly id: string;
  readonly name: string;
  /** What is compared from one version to the next; aliases are the names of the fields. */
  readonly fields: readonly Wanted[];
  /** A column that may hold secrets: that it changed is told, its values are never asked for. */
  readonly secret?: string;
  /** Ids to ask about; null = all of the workspace. */
  readonly ids: (context: CollectContext) => readonly string[] | null;
};

/**
 * A table that keeps every version of a definition (SCD2; facts 1.0): each version is a `definition-change` with what changed
 * against the one before; the newest change of a key names the asset, and only then its deletion counts.
 */
export const definitionCollector = (spec: DefinitionSource): Collector => {
  const keys = ['workspace_id', spec.id];
  const label = asShort(spec.name, nameLimit, { as: 'label' });
  const changed = asMicros('change_time', { as: 'changed', required: true });
  const noun = spec.asset.replace(/^./, (first) => first.toUpperCase());
  const secret = spec.secret;
  const entries = secret === undefined ? null : dbx`to_json(array_sort(map_entries(${column(secret)})))`;
  const compared = [{ ...label, as: 'name' }, ...spec.fields];

  const factOf = (row: TextRow, context: CollectContext): LakeFact | null => {
    const [ws, id, at] = [textOf(row, 'ws'), textOf(row, 'native'), instantOf(row, 'changed')];
    if (ws === null || id === null || at === null) return null;
    const value = (alias: string): string | null => (alias === 'name' ? textOf(row, 'label') : textOf(row, alias));
    const earlier = instantOf(row, 'before_changed');
    const changes: readonly FieldChange[] =
      earlier === null
        ? []
        : [
            ...compared.flatMap(({ as }) =>
              fieldChanges(as, textOf(row, `before_${as === 'name' ? 'label' : as}`), value(as)),
            ),
            ...(secret !== undefined && textOf(row, 'secret_changed') === 'true'
              ? [{ field: secret, from: 'not kept', to: 'not kept' }]
              : []),
          ];
    const gone = instantOf(row, 'deleted') !== null;
    const name = value('name') ?? `${spec.asset} ${id}`;
    const words = gone
      ? 'was deleted'
      : earlier === null
        ? 'appears for the first time'
        : changes.length === 0
          ? 'was changed in something that is not compared here'
          : `was changed: ${changeWords(changes)}`;
    return makeFact(context, {
      source: spec.source,
      kind: 'definition-change',
      scope: ws,
      workspace: ws,
      native: `${spec.asset}/${id}/${at}`,
      at,
      assets: [workspaceAsset(spec.asset, ws, id)],
      title: `${noun} ${name} ${words}`,
      data: {
        [spec.asset]: id, name, deleted: gone, versionBefore: earlier, changes: changes.map((one) => ({ ...one })),
        ...Object.fromEntries(spec.fields.map(({ as }) => [as, valueOf(value(as))])),
      }, // prettier-ignore
    });
  };

  return tableCollector({
    source: spec.source,
    label: spec.label,
    table: spec.table,
    kind: spec.kind,
    countKind: spec.countKind,
    meta: spec.meta,
    wants: [
      asText('workspace_id', { as: 'ws', required: true }),
      asText(spec.id, { as: 'native', required: true }),
      changed,
      asMicros('delete_time', { as: 'deleted' }),
      label,
      ...spec.fields,
      ...[label, changed, ...spec.fields].map((one) => before({ ...one, required: false }, keys, 'change_time')),
      ...(secret === undefined || entries === null
        ? []
        : [
            computed(
              secret,
              'secret_changed',
              dbx`coalesce(${entries}, '') <> coalesce(lag(${entries}) OVER (PARTITION BY ${keys.map((key) => column(key))} ORDER BY change_time), '')`,
            ),
          ]),
    ],
    order: 'changed',
    keep: dbx`CAST(changed AS BIGINT) >= :since`,
    bound: spec.ids,
    ask: (context) => {
      const ids = spec.ids(context);
      const from = context.cursor === null ? null : context.resumed ? context.cursor : minus(context.cursor, day);
      const of = ids === null ? null : oneOf(spec.id, 'ids', ids);
      return {
        where: [{ needs: 'workspace_id', piece: dbx`workspace_id = :workspace` }, ...(of === null ? [] : [of.where])],
        parameters: {
          since: { type: 'BIGINT', value: from === null ? everSince : `${Date.parse(from)}000` },
          workspace: context.workspaceId,
          ...of?.parameters,
        },
      };
    },
    read: (row, context) => {
      const fact = factOf(row, context);
      if (fact === null) return null;
      const [asset] = fact.assets;
      const inWindow =
        fact.happenedAt >= context.horizon && (context.until === null || fact.happenedAt < context.until);
      return {
        // The first version is told only where nothing came before it: its age says whether it is news.
        facts: inWindow ? [{ fact }] : [],
        assets:
          asset === undefined
            ? []
            : [
                {
                  asset,
                  name: said(fact.data['name']),
                  detail: `${spec.asset} ${said(fact.data[spec.asset])}`,
                  changedAt: fact.happenedAt,
                  gone: fact.data['deleted'] === true,
                },
              ],
      };
    },
  });
};
