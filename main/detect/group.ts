import { assetParts, type AssetId, type SignalId } from '../../shared/domain/ids.ts';
import type { IncidentClass, Severity } from '../../shared/domain/vocabulary.ts';
import { carrier } from '../lake/assets.ts';
import type { LakeEdge, LakeFact } from '../lake/port.ts';
import { bySignal, monitors } from './detectors.ts';
import { costWords } from './operations.ts';
import { meeting, neighbours, reach, wayTo } from './paths.ts';
import type { Proposal, Signal } from './port.ts';
import { said } from '../lake/values.ts';

export type GroupInput = {
  readonly signals: readonly Signal[];
  readonly edges: readonly Pick<LakeEdge, 'from' | 'to'>[];
  /** Schema changes: two signals downstream of one that came before both have a cause in common. */
  readonly changes: readonly LakeFact[];
  /** Signals that somebody declined: they are in no proposal. */
  readonly excluded: ReadonlySet<SignalId>;
  readonly nameOf: (asset: AssetId) => string;
};

/** How far along lineage, and how far apart in time, two signals may lie and still be one incident. */
export const grouping = { hops: 6, costHops: 3, nearMs: 36 * 3_600_000, causeMs: 48 * 3_600_000 } as const;

/** Until when a signal goes on: a drift of several windows to the end of the last one, a failed run no longer than it took. */
export const lastSeen = (signal: Signal): string => {
  const end = said(signal.data['lastEnd']);
  return end > signal.startedAt ? end : signal.startedAt;
};

type Link = { readonly words: string; readonly order: string };

/**
 * Group signals into proposals. Two signals belong together when at most 36 h lie between them and they lie on the same asset, or one
 * is downstream of the other within 6 hops, or both are downstream of one schema change that came up to 48 h before the earlier of
 * them, or both are jumps in cost of what feeds or runs one thing within 3 hops, or both rest on one fact, as the tables do that one change of rights reaches. Repeated failures of one job, and one table drifting window after window, so make one proposal. Being merely joined
 * somewhere in the lineage is not enough: in a real lake nearly everything is. Pure; the order of the input does not matter.
 */
export const groupSignals = (input: GroupInput): readonly Proposal[] => {
  const signals = [
    ...new Map(input.signals.filter((one) => !input.excluded.has(one.id)).map((one) => [one.id, one])).values(),
  ].sort(bySignal);
  const linkOf = linker(input, [...new Set(signals.map((one) => carrier(one.asset)))].sort());
  const parent = signals.map((_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at && parent[at] !== undefined) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  const reasons = new Map<number, Map<string, string>>();
  for (let j = 0; j < signals.length; j += 1) {
    const later = signals[j];
    if (later === undefined) continue;
    for (let i = j - 1; i >= 0; i -= 1) {
      const earlier = signals[i];
      // A drift that lasts is near to what fails while it lasts, however long ago it began.
      if (earlier === undefined || Date.parse(later.startedAt) - Date.parse(lastSeen(earlier)) > grouping.nearMs)
        continue;
      // Already together: a further reason would say nothing new.
      if (root(i) === root(j)) continue;
      const link = sameFact(earlier, later, input) ?? linkOf(earlier, later);
      if (link === null) continue;
      const [a, b] = [root(i), root(j)];
      const [keep, drop] = a < b ? [a, b] : [b, a];
      parent[drop] = keep;
      const all = new Map([...(reasons.get(keep) ?? []), ...(a === b ? [] : (reasons.get(drop) ?? []))]);
      all.set(link.order, link.words);
      reasons.set(keep, all);
    }
  }
  const groups = new Map<number, Signal[]>();
  signals.forEach((signal, i) => groups.set(root(i), [...(groups.get(root(i)) ?? []), signal]));
  return [...groups].map(([at, members]) =>
    propose(
      members,
      [...(reasons.get(at) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, words]) => words),
      input,
    ),
  );
};

const sameFact = (a: Signal, b: Signal, { nameOf }: GroupInput): Link | null => {
  const fact = a.asset === b.asset ? undefined : a.facts.find((id) => b.facts.includes(id));
  if (fact === undefined) return null;
  return { order: `0${fact}\n${b.asset}`, words: `${nameOf(carrier(a.asset))} and ${nameOf(carrier(b.asset))} by one change` };
}; // prettier-ignore

/** Why two signals are linked by the assets they are about, or null. Walks are made once per asset. */
const linker = (input: GroupInput, assets: readonly AssetId[]) => {
  const lineage = neighbours(input.edges);
  const down = new Map(assets.map((asset) => [asset, reach(lineage.down, asset, grouping.hops)]));
  const near = new Map(assets.map((asset) => [asset, reach(lineage.down, asset, grouping.costHops)]));
  const causes = input.changes
    .filter((fact) => fact.kind === 'schema-change' && fact.data['what'] !== 'personal-flow')
    .flatMap((fact) =>
      fact.assets.slice(0, 1).map((asset) => ({ asset: carrier(asset), at: fact.happenedAt, id: fact.id })),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((cause) => ({ ...cause, down: reach(lineage.down, cause.asset, grouping.hops) }));
  const way = (assetsOnWay: readonly AssetId[]): string => assetsOnWay.map((asset) => input.nameOf(asset)).join(' → ');
  const known = new Map<string, Link | null>();
  const direct = (a: AssetId, b: AssetId): Link | null => {
    const key = `${a}\n${b}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const link = walk(a, b);
    known.set(key, link);
    return link;
  };
  const walk = (a: AssetId, b: AssetId): Link | null => {
    if (a === b) return { order: `0${a}`, words: `${input.nameOf(a)} more than once` };
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const before = down.get(from);
      if (before?.has(to) === true) return { order: `1${from}\n${to}`, words: way(wayTo(before, to)) };
    }
    return null;
  };
  /** Costs that rise at once where one thing stands on both: what a job runs on and what it asks are one flow of work. */
  const costs = (a: AssetId, b: AssetId): Link | null => {
    const [from, to] = [near.get(a), near.get(b)];
    const shared = from === undefined || to === undefined ? null : meeting(from, to);
    if (from === undefined || to === undefined || shared === null) return null;
    const [first, second] = [wayTo(from, shared), wayTo(to, shared)].sort((x, y) => (x.join() < y.join() ? -1 : 1));
    return {
      order: `3${shared}\n${a}\n${b}`,
      words: `${way(first ?? [])} and ${way(second ?? [])}, whose costs rise together`,
    };
  };
  return (earlier: Signal, later: Signal): Link | null => {
    const [a, b, at] = [carrier(earlier.asset), carrier(later.asset), earlier.startedAt];
    const bothCost = [earlier, later].every(({ monitor }) => monitor === monitors.costJump);
    const found = direct(a, b) ?? (bothCost ? costs(a, b) : null);
    if (found !== null) return found;
    const cause = causes.find(
      (one) =>
        one.down.has(a) && one.down.has(b) && one.at <= at && Date.parse(at) - Date.parse(one.at) <= grouping.causeMs,
    );
    if (cause === undefined) return null;
    const [first, second] = [a, b].sort();
    return {
      order: `2${cause.id}\n${first ?? a}\n${second ?? b}`,
      words: `${way(wayTo(cause.down, first ?? a))} and ${way(wayTo(cause.down, second ?? b))}, after the columns of ${input.nameOf(cause.asset)} changed`,
    };
  };
};

const platformCodes =
  /CLOUD|CLUSTER|DRIVER_ERROR|INTERNAL_ERROR|LIBRARY_INSTALLATION|STORAGE_ACCESS|RUN_LIMIT|MAX_|REPOSITORY|INVALID_CLUSTER/;

/**
 * Class: `privacy-security` when personal data lies open or where it should not; `cost` when nothing but cost has jumped; `model` when a model is among the assets; `data-quality` when data drifted, or
 * an expectation, a quality result or a check of data failed; `platform` when runs or updates failed for a reason of compute, or
 * for none that we know. Severity: SEV2 when runs or updates fail and data drifted; SEV3 when one failed, or more than one
 * table drifted, or personal data flowed into a table without such a tag; SEV4 otherwise. SEV2 also when everybody may read personal
 * data. A person confirms or changes both when opening a room.
 */
export const classify = (
  signals: readonly Signal[],
): { readonly class: IncidentClass; readonly severity: Severity } => {
  const failures: readonly string[] = [monitors.failedRun, monitors.failedUpdate];
  const failed = signals.filter((one) => failures.includes(one.monitor));
  const checks: readonly string[] = [monitors.failedExpectation, monitors.unhealthyQuality];
  const checked = signals.some((one) => checks.includes(one.monitor));
  const isCost = signals.every((one) => one.monitor === monitors.costJump);
  const drifted = signals.filter((one) => one.monitor === monitors.driftPsi);
  const isModel = signals.some((one) => assetParts(one.asset).kind.startsWith('model'));
  const isPlatform = failed.every((one) => {
    const message = one.data['message'];
    const dataCheck = typeof message === 'string' && /expectation|constraint|schema|column|cast/i.test(message);
    return platformCodes.test(said(one.data['termination'])) || !dataCheck;
  });
  const isData = drifted.length > 0 || checked || !isPlatform;
  const opens = signals.some((one) => one.monitor === monitors.openGrant);
  const flows = signals.some((one) => one.monitor === monitors.personalFlow);
  const kind =
    opens || flows ? 'privacy-security' : isCost ? 'cost' : isModel ? 'model' : isData ? 'data-quality' : 'platform';
  const tables = new Set(drifted.map((one) => carrier(one.asset)));
  const severity =
    opens || (failed.length > 0 && drifted.length > 0)
      ? 'SEV2'
      : flows || failed.length > 0 || tables.size > 1
        ? 'SEV3'
        : 'SEV4';
  return { class: kind, severity };
};

const listed = (names: readonly string[]): string =>
  names.length <= 2 ? names.join(' and ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;

const propose = (signals: readonly Signal[], links: readonly string[], input: GroupInput): Proposal => {
  const ordered = [...signals].sort(bySignal);
  const first = ordered[0];
  if (first === undefined) throw new RangeError('a group has at least one signal');
  const names = (monitor: string): readonly string[] => [
    ...new Set(ordered.filter((one) => one.monitor === monitor).map((one) => input.nameOf(carrier(one.asset)))),
  ];
  const [open, flowing] = [names(monitors.openGrant), names(monitors.personalFlow)];
  const [failing, drifting] = [
    [...names(monitors.failedRun), ...names(monitors.failedUpdate)],
    names(monitors.driftPsi),
  ];
  const runs = new Set(ordered.filter((one) => one.monitor === monitors.failedRun).map((one) => said(one.data['run'])))
    .size;
  const times = runs > failing.length ? ` (${runs} runs)` : '';
  const [dear, costing] = [ordered.find((one) => one.monitor === monitors.costJump), names(monitors.costJump)];
  const title = [
    ...(open.length > 0 ? [`Everybody may read personal data in ${listed(open)}`] : []),
    ...(flowing.length > 0 ? [`Personal data in ${listed(flowing)}`] : []),
    ...(failing.length > 0 ? [`${listed(failing)} ${failing.length === 1 ? 'fails' : 'fail'}${times}`] : []),
    ...(drifting.length > 0 ? [`${listed(drifting)} ${drifting.length === 1 ? 'has' : 'have'} drifted`] : []),
    ...(dear !== undefined
      ? [costing.length === 1 ? costWords(costing[0] ?? '', dear) : `${listed(costing)} cost far more than usual`]
      : []),
  ].join('; ');
  const assets = [...new Set(ordered.flatMap((one) => [one.asset, carrier(one.asset)]))];
  const grouped =
    ordered.length === 1
      ? 'One signal; nothing near it in lineage and time.'
      : `${ordered.length} signals within ${grouping.nearMs / 3_600_000} h of another, along the lineage: ${links.slice(0, 6).join('; ')}${links.length > 6 ? `; and ${links.length - 6} more ways` : ''}.`;
  return {
    id: first.id,
    title: title === '' ? first.title : title,
    ...classify(ordered),
    startedAt: first.startedAt,
    detectedAt: ordered.map((one) => one.observedAt).sort()[0] ?? first.observedAt,
    signals: ordered,
    assets,
    why: grouped,
  };
};
