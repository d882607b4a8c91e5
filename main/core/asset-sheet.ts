import type { JsonObject } from '../../shared/base/json.ts';
import type { AssetLine, AssetSection, AssetSheet } from '../../shared/contract/asset.ts';
import { assetParts, type AssetId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { servedMismatches } from '../analysis/marks.ts';
import type { Lake } from '../lake/lake.ts';
import type { LakeEdge, LakeFact, SourceState } from '../lake/port.ts';
import { nearlyAll } from '../lake/labels-complete.ts';
import { latest } from '../lake/rows.ts';
import type { ReadableDb } from '../store/port.ts';
import { comparableVersions } from './asset-compare.ts';
import {
  aboutLines, accessLines, columnLines, factLine, items, line, plainLines, ruleLines, servedLines, tagLines, word,
} from './asset-lines.ts'; // prettier-ignore
import { displayName } from './display.ts';

export type SheetSources = {
  readonly lake: Lake;
  readonly db: ReadableDb;
  readonly sourceLabel: (source: string) => string;
};

const linesPerSection = 60;
/** State facts of one asset: a few per source, and one per task of a job. */
const stateLimit = 300;

type Draft = {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly AssetLine[];
  /** Facts behind it: they say from where and how old. */
  readonly from: readonly Pick<LakeFact, 'source' | 'observedAt'>[];
  /** Sources that would fill it: their state is told where nothing is there, or not all. */
  readonly expects?: readonly string[];
  readonly more?: number;
  readonly note?: string | null;
};

/** Kinds of facts that are told one by one, by section. A kind that no section names stands under "More". */
const moments: readonly {
  readonly id: string;
  readonly title: string;
  readonly kinds: readonly FactKind[];
  readonly expects: readonly string[];
}[] = [
  { id: 'changes', title: 'What changed', kinds: ['schema-change', 'definition-change', 'alias-move', 'served-version', 'grant-change', 'audit'], expects: ['system.access.audit'] },
  { id: 'runs', title: 'Runs', kinds: ['run', 'repair', 'pipeline-update'], expects: ['system.lakeflow.job_run_timeline'] },
  { id: 'versions', title: 'Versions', kinds: ['table-version', 'model-version'], expects: ['delta.history'] },
  { id: 'quality', title: 'Quality, drift and expectations', kinds: ['quality', 'expectation', 'drift', 'inference', 'profile'], expects: ['drift_metrics'] },
  { id: 'cost', title: 'Cost', kinds: ['cost'], expects: [] },
  { id: 'more', title: 'More', kinds: ['query', 'compute-event', 'experiment-run', 'metric'], expects: [] },
]; // prettier-ignore

/** Sections that are shown even when they are empty, by kind of asset: that nothing is there, or known, is worth reading. */
const always: Readonly<Record<string, readonly string[]>> = {
  table: ['about', 'columns', 'rules', 'access', 'tags', 'changes', 'versions', 'quality', 'lineage'],
  view: ['about', 'columns', 'rules', 'access', 'tags', 'changes', 'lineage'],
  job: ['settings', 'runs', 'changes', 'lineage'],
  model: ['served', 'versions', 'changes', 'lineage'],
  endpoint: ['served', 'changes', 'lineage'],
};

const stateNote = (states: readonly SourceState[], label: (source: string) => string): string | null => {
  const words = states.flatMap((one) => {
    const name = label(one.source);
    if (one.state === 'never') return [`${name}: not read yet; packing the room reads it.`];
    if (one.state === 'denied') return [`${name}: not complete, this user may not read it.`];
    if (one.state === 'missing') return [`${name}: not complete, not in this workspace.`];
    if (one.state === 'failed') return [`${name}: not complete, the last read failed.`];
    return one.missingColumns.length === 0 ? [] : [`${name}: without ${one.missingColumns.slice(0, 5).join(', ')}.`];
  });
  return words.length === 0 ? null : words.join(' ');
};

/**
 * `asset.get`: what this device's cache holds about one asset, section by section, each with its source and age. Asks nobody:
 * what was never read says so. Sections are by kind of fact, so that a new source shows up without being named here.
 */
export const assetSheet = (from: SheetSources, asked: string): AssetSheet => {
  const { lake, db } = from;
  const asset = asked as AssetId;
  const { kind, scope, native } = assetParts(asset);
  // Sources that know a name only cannot tell a view from a table.
  const twins = kind === 'view' || kind === 'feature-table' ? [asset, `table|${scope}|${native}` as AssetId] : [asset];
  const states = lake.facts(db, { assets: twins, kinds: ['settings', 'schema', 'access'], limit: stateLimit }).rows;
  const of = (...whats: readonly string[]): readonly LakeFact[] =>
    states.filter(
      (fact) => whats.includes(word(fact.data['what'])) || whats.includes(`${fact.kind}/${word(fact.data['what'])}`),
    );
  const known: ReadonlySet<string> = new Set([
    'table', 'columns', 'view', 'row-filter', 'column-masks', 'tags', 'column-tags', 'schema', 'catalog', 'served', 'aliases', 'version',
  ]); // prettier-ignore
  const tags: readonly JsonObject[] = of('column-tags').flatMap(items);
  const masks: readonly JsonObject[] = of('column-masks').flatMap(items);
  const about = [...of('settings/table'), ...of('view')];
  const settings = states.filter((fact) => fact.kind === 'settings' && !known.has(word(fact.data['what'])));
  const info = 'system.information_schema';
  const drafts: Draft[] = [
    { id: 'about', title: 'About', from: about, lines: about.flatMap(aboutLines), expects: [`${info}.tables`] },
    {
      id: 'served', title: 'Aliases and served versions', from: of('served', 'aliases'), expects: ['rest.unity-catalog.models', 'rest.serving-endpoints'],
      lines: of('served', 'aliases').flatMap(servedLines), note: servedMismatches(mismatchFacts(from, states)).get(asset) ?? null,
    },
    {
      id: 'settings', title: kind === 'job' ? 'Definition and tasks' : 'Settings', from: settings, expects: kind === 'job' ? ['system.lakeflow.jobs'] : [],
      lines: settings.flatMap((fact) => [line(fact.title, '', { at: fact.happenedAt }), ...plainLines(fact.data), ...aboutLines(fact)]),
    },
    {
      id: 'columns', title: 'Columns now', from: of('columns'), expects: [`${info}.columns`],
      lines: of('columns').flatMap((fact) => columnLines(fact, { tags, masks })),
    },
    {
      id: 'rules', title: 'Row filters and column masks', from: of('row-filter', 'column-masks'), expects: [`${info}.row_filters`, `${info}.column_masks`],
      lines: of('row-filter', 'column-masks').flatMap(ruleLines),
    },
    {
      id: 'access', title: 'Who has rights', from: of('access/table', 'schema', 'catalog'), lines: of('access/table', 'schema', 'catalog').flatMap(accessLines),
      expects: [`${info}.table_privileges`, `${info}.schema_privileges`, `${info}.catalog_privileges`],
    },
    { id: 'tags', title: 'Tags', from: of('tags', 'column-tags'), lines: of('tags', 'column-tags').flatMap(tagLines), expects: [`${info}.table_tags`, `${info}.column_tags`] },
    ...moments.map((one): Draft => {
      const query = { assets: twins, kinds: one.kinds };
      const { rows } = lake.facts(db, { ...query, limit: linesPerSection });
      const lines = [...(one.id === 'quality' ? labelLines(from, twins) : []), ...rows.map(factLine)];
      return { id: one.id, title: one.title, from: rows, lines, expects: one.expects, more: lake.count(db, query) - rows.length };
    }),
    ...lineageDrafts(from, asset),
  ]; // prettier-ignore
  const label = lake.assetLabel(db, asset);
  const shown = always[kind] ?? [];
  const sources = lake.sourceStates(db);
  return {
    asset,
    name: displayName(label.name),
    kind: label.kind,
    detail: displayName(label.detail),
    sections: drafts
      .filter((draft) => draft.lines.length > 0 || draft.from.length > 0 || shown.includes(draft.id))
      .map((draft) => sectionOf(draft, sources, from.sourceLabel)),
    versions: comparableVersions(from, twins),
  };
};

/** Up to when the labels of a request log are complete, as its aggregates were read last (main/lake/labels-complete.ts). */
const labelLines = ({ lake, db }: SheetSources, assets: readonly AssetId[]): readonly AssetLine[] => {
  const { rows } = lake.facts(db, { assets, kinds: ['inference'], limit: linesPerSection });
  const [fact] = rows.filter(({ data }) => typeof data['labels'] === 'number');
  if (fact === undefined) return [];
  const to = word(fact.data['labelsCompleteTo']);
  const chips = [`${Math.round(nearlyAll * 100)} % of predictions`];
  return to === ''
    ? [line('Labels', 'not complete at any time that was read', { chips, tone: 'warn' })]
    : [line('Labels', 'complete up to', { chips, at: to })];
};

const sectionOf = (draft: Draft, states: readonly SourceState[], label: (source: string) => string): AssetSection => {
  const expected = (draft.expects ?? []).flatMap((source) => states.filter((one) => one.source === source));
  const read = new Set(draft.from.map(({ source }) => source));
  const sources = read.size > 0 ? [...read] : (draft.expects ?? []);
  const behind = states.filter((one) => read.has(one.source));
  // A source that was read and is right needs no words; the others say what is missing of this section.
  const lacking = expected.filter((one) => !read.has(one.source) || one.missingColumns.length > 0);
  const notes = [draft.note ?? null, stateNote(lacking, label)].filter((one) => one !== null);
  return {
    id: draft.id,
    title: draft.title,
    lines: draft.lines.slice(0, linesPerSection),
    more: Math.max(0, draft.lines.length - linesPerSection) + (draft.more ?? 0),
    source: [...new Set(sources.map(label))].join(', '),
    observedAt: latest(draft.from.map((fact) => fact.observedAt)),
    completeTo: latest(behind.map((one) => one.completeTo)),
    note: notes.length === 0 ? null : notes.join(' '),
  };
};

/** Facts about what is served and aliased around an asset: a model's own say only one side. */
const mismatchFacts = ({ lake, db }: SheetSources, own: readonly LakeFact[]): readonly LakeFact[] => {
  const assets = [
    ...new Set(
      own.filter((fact) => ['served', 'aliases'].includes(word(fact.data['what']))).flatMap((fact) => fact.assets),
    ),
  ];
  return assets.length === 0 ? [] : lake.facts(db, { assets, kinds: ['settings'], limit: stateLimit }).rows;
};

/** Neighbours along lineage, and columns by columns, each with the source that says so. */
const lineageDrafts = ({ lake, db, sourceLabel }: SheetSources, asset: AssetId): readonly Draft[] => {
  const seen = (edges: readonly LakeEdge[]) =>
    edges.map((edge) => ({ source: edge.source, observedAt: edge.lastSeen }));
  const name = (id: AssetId): string => lake.assetLabel(db, id).name;
  const edges = lake.edges(db, [asset], 1).filter((edge) => edge.from === asset || edge.to === asset);
  // One line for one way, whoever tells of it.
  const ways = Map.groupBy(edges, ({ from, to, via }) => `${from}\n${to}\n${via ?? ''}`);
  const near = [...ways.values()].flatMap((told) => {
    const edge = told.toSorted((a, b) => (a.lastSeen < b.lastSeen ? 1 : -1))[0];
    if (edge === undefined) return [];
    const other = edge.from === asset ? edge.to : edge.from;
    return line(name(other), edge.from === asset ? 'is made from it' : 'goes into it', {
      at: edge.lastSeen,
      chips: [
        ...new Set(told.map(({ source }) => sourceLabel(source))),
        ...(edge.via === null ? [] : [`by ${name(edge.via)}`]),
      ],
    });
  });
  const columns = lake.columnEdges(db, asset);
  const part = (id: AssetId): string => assetParts(id).native.split('.').slice(3).join('.');
  const whole = (id: AssetId): string => assetParts(id).native.split('.').slice(2).join('.');
  const byColumn = [
    ...columns.into.map((edge) => line(part(edge.to), `made from ${whole(edge.from)}`, { at: edge.lastSeen })),
    ...columns.out.map((edge) => line(part(edge.from), `goes into ${whole(edge.to)}`, { at: edge.lastSeen })),
  ];
  return [
    { id: 'lineage', title: 'Lineage, one step', from: seen(edges), lines: near, expects: ['system.access.table_lineage'] },
    { id: 'column-lineage', title: 'Lineage of columns', from: seen([...columns.into, ...columns.out]), lines: byColumn },
  ]; // prettier-ignore
};
