import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { signalIdOf, type Sha256Hex } from '../../shared/domain/signal-id.ts';
import { plainLabel } from '../lake/assets.ts';
import type { LakeFact } from '../lake/port.ts';
import { said } from '../lake/values.ts';
import type { Signal } from './port.ts';

/** Rules over pipelines, expectations, data quality and cost. Ids never change (see `monitors` in detectors.ts). */
export const operationMonitors = {
  failedUpdate: 'failed-update',
  failedExpectation: 'failed-expectation',
  unhealthyQuality: 'unhealthy-quality',
  costJump: 'cost-jump',
} as const;

/** Share of records that fail an expectation from which it counts: a few bad records are what expectations are for. */
export const expectationThreshold = 0.05;
/** A day's cost against the median of the same weekday before: so many times as much, and at least so much more. */
export const costThreshold = { times: 2, more: 20 } as const;
/** Weekdays before that make a median. */
const weekdays = { fewest: 2, most: 4 } as const;
const dayMs = 86_400_000;

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
/** No verdict about a moment up to which the source was not complete. */
const isComplete = (fact: LakeFact): boolean => fact.completeTo === null || fact.happenedAt <= fact.completeTo;

type Made = Pick<Signal, 'title' | 'why' | 'startedAt' | 'data'> & {
  readonly monitor: string;
  readonly asset: AssetId;
  readonly windowKey: string;
  readonly facts: readonly LakeFact[];
};
const signalOf = (made: Made, sha256Hex: Sha256Hex): Signal => {
  const { monitor, asset, windowKey, title, why, startedAt, data, facts } = made;
  const workspaceId = facts[0]?.workspace ?? '';
  return {
    id: signalIdOf({ workspaceId, monitorId: monitor, assetId: asset, windowKey }, sha256Hex),
    monitor, asset, windowKey, title, why, startedAt, data,
    observedAt: facts.map((one) => one.observedAt).sort()[0] ?? startedAt,
    completeTo: facts.map((one) => one.completeTo).reduce((a, b) => (a === null || (b !== null && b < a) ? b : a), null),
    facts: [...new Set<FactId>(facts.map((one) => one.id))].sort(),
  }; // prettier-ignore
};

/** An update of a pipeline that failed or timed out. Window key: update id. A dry run changes nothing and is no signal. */
const failedUpdates = (facts: readonly LakeFact[], sha256Hex: Sha256Hex): readonly Signal[] =>
  facts.flatMap((fact): Signal[] => {
    const { update, result, type, message, trigger } = fact.data;
    const asset = fact.assets.find((one) => one.startsWith('pipeline|'));
    if (fact.kind !== 'pipeline-update' || !isComplete(fact) || asset === undefined || type === 'VALIDATE') return [];
    if (!['failed', 'timed-out'].includes(said(result)) || text(update) === null) return [];
    const why = `The update ended as "${said(result)}"${text(trigger) === null ? '' : `, started by ${said(trigger)}`}${text(message) === null ? '' : `; ${said(message)}`}`;
    return [
      signalOf(
        {
          monitor: operationMonitors.failedUpdate,
          asset,
          windowKey: said(update),
          title: fact.title,
          why,
          startedAt: fact.happenedAt,
          facts: [fact],
          data: { update: said(update), result: said(result), message: text(message) },
        },
        sha256Hex,
      ),
    ];
  });

/** Expectations that too many records of one dataset failed in one update. Window key: update id, dataset. */
const failedExpectations = (facts: readonly LakeFact[], sha256Hex: Sha256Hex): readonly Signal[] => {
  const groups = new Map<string, LakeFact[]>();
  for (const fact of facts) {
    const share = fact.data['failedShare'];
    if (fact.kind !== 'expectation' || !isComplete(fact) || typeof share !== 'number' || share < expectationThreshold)
      continue;
    const key = `${fact.workspace}\n${said(fact.data['update'])}|${said(fact.data['dataset']).toLowerCase()}`;
    groups.set(key, [...(groups.get(key) ?? []), fact]);
  }
  return [...groups].flatMap(([key, all]): Signal[] => {
    const worst = [...all].sort((a, b) => Number(b.data['failedShare']) - Number(a.data['failedShare']));
    const [first] = worst;
    const asset = first?.assets.find((one) => one.startsWith('table|')) ?? first?.assets[0];
    if (first === undefined || asset === undefined) return [];
    return [
      signalOf(
        {
          monitor: operationMonitors.failedExpectation,
          asset,
          windowKey: key.split('\n')[1] ?? key,
          title: first.title,
          why: `From ${expectationThreshold * 100} % on it counts: ${worst.map((one) => `${said(one.data['expectation'])} ${(Number(one.data['failedShare']) * 100).toFixed(1)} %`).join(', ')}.`,
          startedAt: all.map((one) => one.happenedAt).sort()[0] ?? first.happenedAt,
          facts: all,
          data: { update: said(first.data['update']), dataset: said(first.data['dataset']), worst: Number(first.data['failedShare']) },
        },
        sha256Hex,
      ),
    ];
  }); // prettier-ignore
};

/** A table that the platform calls unhealthy, until it is healthy again: one signal. Window key: moment of its first result. */
const unhealthyTables = (facts: readonly LakeFact[], sha256Hex: Sha256Hex): readonly Signal[] => {
  const byTable = new Map<AssetId, LakeFact[]>();
  for (const fact of facts) {
    const asset = fact.assets[0];
    if (fact.kind === 'quality' && isComplete(fact) && asset !== undefined)
      byTable.set(asset, [...(byTable.get(asset) ?? []), fact]);
  }
  return [...byTable].flatMap(([asset, all]) => {
    const episodes: LakeFact[][] = [];
    let open: LakeFact[] | null = null;
    for (const fact of all.toSorted((a, b) => (a.happenedAt < b.happenedAt ? -1 : 1))) {
      if (fact.data['status'] !== 'unhealthy') open = null;
      else if (open === null) episodes.push((open = [fact]));
      else open.push(fact);
    }
    return episodes.flatMap((episode): Signal[] => {
      const [first, last] = [episode[0], episode.at(-1)];
      if (first === undefined || last === undefined) return [];
      const lasting = episode.length === 1 ? '' : ` Said ${episode.length} times, last at ${last.happenedAt}.`;
      return [
        signalOf(
          {
            monitor: operationMonitors.unhealthyQuality,
            asset,
            windowKey: first.happenedAt,
            title: first.title,
            why: `The platform's own monitoring calls it unhealthy.${lasting}`,
            startedAt: first.happenedAt,
            facts: first === last ? [first] : [first, last],
            data: { impactLevel: first.data['impactLevel'] ?? null, lastEnd: last.happenedAt },
          },
          sha256Hex,
        ),
      ];
    });
  });
};

type Day = { readonly day: string; readonly cost: number; readonly facts: readonly LakeFact[] };
/** What an asset cost by day, at list price; days with a part of unknown price are left out rather than counted as cheap. */
const daysOf = (facts: readonly LakeFact[]): readonly Day[] => {
  const days = new Map<string, Day | null>();
  for (const fact of facts) {
    const day = said(fact.data['day']);
    const amount = Number(text(fact.data['listAmount']) ?? Number.NaN);
    const known = days.get(day);
    if (!Number.isFinite(amount) || known === null) days.set(day, null);
    else days.set(day, { day, cost: (known?.cost ?? 0) + amount, facts: [...(known?.facts ?? []), fact] });
  }
  return [...days.values()].filter((one) => one !== null).sort((a, b) => (a.day < b.day ? -1 : 1));
};
const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};
const money = (value: number): string => value.toFixed(2);

/** What people call an asset. A signal about what something cost says its name, which may be known only after its cost. */
export type NameOf = (asset: AssetId) => string;
/** The words of a jump in cost, from what its signal knows. */
export const costWords = (name: string, { data }: Pick<Signal, 'data'>): string =>
  `${name} cost ${said(data['cost'])} ${said(data['currency'])} on ${said(data['day'])}, usually ${said(data['usual'])}`;

/**
 * A day on which an asset cost far more than on the same weekday before, at list price. Days that follow each other are one
 * signal. Window key: UTC start of the first day and "1 day". A day that is not over can only grow, so it may be judged.
 */
const costJumps = (facts: readonly LakeFact[], sha256Hex: Sha256Hex, nameOf: NameOf): readonly Signal[] => {
  const byAsset = new Map<AssetId, LakeFact[]>();
  for (const fact of facts) {
    const asset = fact.assets[0];
    if (fact.kind === 'cost' && asset !== undefined) byAsset.set(asset, [...(byAsset.get(asset) ?? []), fact]);
  }
  return [...byAsset].flatMap(([asset, all]) => {
    const days = daysOf(all);
    const jumps = days.flatMap((day) => {
      const at = Date.parse(`${day.day}T00:00:00Z`);
      const before = Array.from({ length: weekdays.most }, (_, i) => i + 1).flatMap((weeks) => {
        const same = new Date(at - weeks * 7 * dayMs).toISOString().slice(0, 10);
        return days.filter((one) => one.day === same).map((one) => one.cost);
      });
      if (before.length < weekdays.fewest) return [];
      const usual = median(before);
      const isJump = day.cost >= usual * costThreshold.times && day.cost - usual >= costThreshold.more;
      return isJump ? [{ ...day, at, usual, weeks: before.length }] : [];
    });
    const firsts = jumps.filter((one, index) => (jumps[index - 1]?.at ?? -Infinity) < one.at - dayMs);
    return firsts.flatMap((first): Signal[] => {
      const [fact] = first.facts;
      if (fact === undefined) return [];
      const start = `${first.day}T00:00:00.000Z`;
      const currency = said(fact.data['currency']);
      const data = { day: first.day, cost: money(first.cost), usual: money(first.usual), currency, weekdays: first.weeks };
      return [
        signalOf(
          {
            monitor: operationMonitors.costJump,
            asset,
            windowKey: `${start}|1 day`,
            title: costWords(nameOf(asset), { data }),
            why: `At list price, not the invoice: at least ${costThreshold.times} times the median of ${first.weeks} same weekdays before, and ${costThreshold.more} ${currency} more.`,
            startedAt: start,
            facts: first.facts,
            data,
          },
          sha256Hex,
        ),
      ];
    });
  }); // prettier-ignore
};

/** All signals of these rules; pure, whatever the order of the facts. */
export const operationSignals = (
  facts: readonly LakeFact[],
  sha256Hex: Sha256Hex,
  nameOf: NameOf = (asset) => plainLabel(asset).name,
): readonly Signal[] => [
  ...failedUpdates(facts, sha256Hex),
  ...failedExpectations(facts, sha256Hex),
  ...unhealthyTables(facts, sha256Hex),
  ...costJumps(facts, sha256Hex, nameOf),
];
