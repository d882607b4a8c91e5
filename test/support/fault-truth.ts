// What a device holds, and how it compares with the truth.
import { sql } from '../../main/store/sql.ts';
import { stateKinds } from '../../shared/domain/vocabulary.ts';
import type { Device } from './fault-rig.ts';

type HeldFact = {
  readonly source: string;
  readonly text: string;
  readonly assets: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
};
export type Content = {
  readonly facts: ReadonlyMap<string, HeldFact>;
  readonly edges: ReadonlySet<string>;
  readonly assets: ReadonlySet<string>;
};

/** How a source spelled it and which earlier answer a row replaced. */
const bySource = new Set(['raw', 'replaced']);
const isState = (kind: string): boolean => stateKinds.some((one) => one === kind);

/** What a device holds, without when it was seen. */
export const contentOf = ({ store }: Device): Content => {
  const rows = (query: ReturnType<typeof sql>): readonly Readonly<Record<string, string>>[] => store.read.all(query);
  return {
    facts: new Map(
      rows(sql`SELECT id, source, kind, happened, assets, data FROM lake_fact`).map((row) => {
        const { id = '', source = '', kind = '', happened = '', assets = '', data = '{}' } = row;
        // Since when a state is known depends on when it was looked at.
        const text = `${kind} ${isState(kind) ? '' : happened}`;
        return [
          id,
          {
            source,
            text,
            assets: JSON.parse(assets) as readonly string[],
            data: JSON.parse(data) as Record<string, unknown>,
          },
        ];
      }),
    ),
    edges: new Set(
      rows(sql`SELECT from_asset, to_asset, source, via FROM lake_edge`).map((row) => Object.values(row).join(' ')),
    ),
    assets: new Set(rows(sql`SELECT asset, name, gone FROM lake_asset`).map((row) => Object.values(row).join(' '))),
  };
};

/** Unknown on either side is no contradiction, at any depth. */
const agrees = (held: unknown, right: unknown): boolean => {
  if (held === null || held === undefined || right === null || right === undefined) return true;
  if (typeof held !== 'object' || typeof right !== 'object') return held === right;
  const others = new Map(Object.entries(right));
  return (
    (!Array.isArray(held) || (Array.isArray(right) && held.length === right.length)) &&
    Object.entries(held).every(([key, value]) => agrees(value, others.get(key)))
  );
};

/**
 * What `held` says that `right` contradicts. Unknown (null or absent, on either side) is no contradiction; nor are fewer assets: a
 * statement is known before another source tells which tables it touched.
 */
export const contradictions = (held: Content, ...rights: readonly Content[]): readonly string[] => {
  const found = [...held.edges].filter((edge) => !rights.some(({ edges }) => edges.has(edge)));
  for (const [id, fact] of held.facts) {
    const others = rights.flatMap(({ facts }) => facts.get(id) ?? []);
    const wrong = others.map((other) => (isEarlier(fact.data, other.data) ? [] : disagreements(fact, other)));
    if (others.length === 0) found.push(`${fact.source}: ${id} is not true`);
    else if (wrong.every((one) => one.length > 0))
      found.push(...(wrong[0] ?? []).map((one) => `${fact.source}: ${id} ${one}`));
  }
  return found;
};
const disagreements = (fact: HeldFact, other: HeldFact): readonly string[] => [
  ...(fact.text === other.text ? [] : [`${fact.text}, not ${other.text}`]),
  ...fact.assets.flatMap((asset) => (other.assets.includes(asset) ? [] : [`names ${asset}`])),
  ...Object.entries(fact.data).flatMap(([key, value]) =>
    bySource.has(key) || agrees(value, other.data[key])
      ? []
      : [`${key}: ${JSON.stringify(value)}, not ${JSON.stringify(other.data[key])}`],
  ),
];
/** How it was before, which was true then: an older definition, a run whose end was cut off, or its result before a repair. */
const isEarlier = (held: HeldFact['data'], right: HeldFact['data']): boolean => {
  const [one, other] = [held, right].map((data) => data['changedAt']);
  const [ended, end] = [held, right].map((data) => data['endedAt']);
  const [resulted, result] = [held, right].map((data) => data['resultAt']);
  const [labels, all] = [held, right].map((data) => data['labelsCompleteTo']);
  const before = (a: unknown, b: unknown): boolean => typeof a === 'string' && typeof b === 'string' && a < b;
  return (
    before(one, other) ||
    before(labels, all) ||
    before(resulted, result) ||
    (held['result'] === 'running' && before(ended, end))
  );
};

const lineOf = ({ source, text, assets, data }: HeldFact): string => {
  const shown = Object.entries(data).filter(([key]) => key !== 'replaced');
  return `${source}: ${text} ${assets.join(' ')} ${JSON.stringify(Object.fromEntries(shown))}`;
};
/**
 * Where a device differs from the truth: what it lacks, and what it says otherwise. Another source may have told it `otherwise`,
 * which is as true.
 */
export const differences = (held: Content, right: Content, otherwise: Content): readonly string[] => {
  const lost = (['edges', 'assets'] as const).flatMap((part) => [...right[part]].filter((one) => !held[part].has(one)));
  const extra = (['edges', 'assets'] as const).flatMap((part) =>
    [...held[part]].filter((one) => !right[part].has(one) && !otherwise[part].has(one)),
  );
  const facts = [...new Set([...held.facts.keys(), ...right.facts.keys()])].flatMap((id) => {
    const [here, ...truths] = [held, right, otherwise].map(({ facts: all }) => all.get(id));
    if (here === undefined) return [`${id} is lost`];
    const shown = truths.map((one) => (one === undefined ? null : lineOf(one)));
    return shown.includes(lineOf(here)) ? [] : [`${id}: ${lineOf(here)} instead of ${shown[0] ?? 'nothing'}`];
  });
  return [...lost.map((one) => `lost: ${one}`), ...extra.map((one) => `extra: ${one}`), ...facts];
};
/** What the first says, and of what it does not know what the second says. */
export const joined = (first: Content, second: Content): Content => ({
  facts: new Map([...second.facts, ...first.facts]),
  edges: new Set([...first.edges, ...second.edges]),
  assets: new Set([...first.assets, ...second.assets]),
});
