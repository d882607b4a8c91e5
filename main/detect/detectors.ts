import { ensure } from '../../shared/base/assert.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { signalIdOf, type Sha256Hex } from '../../shared/domain/signal-id.ts';
import type { LakeFact } from '../lake/port.ts';
import { operationMonitors, operationSignals, type NameOf } from './operations.ts';
import type { Signal } from './port.ts';
import { privacyMonitors, privacySignals } from './privacy.ts';
import { said } from '../lake/values.ts';

/** The rules that watch. A monitor's id names its rule and goes into signal ids: it never changes, and never carries a version. */
export const monitors = {
  failedRun: 'failed-run',
  driftPsi: 'drift-psi',
  ...operationMonitors,
  ...privacyMonitors,
} as const;

/** Population stability index from which a change counts as significant (facts/databricks.md 1.2). */
export const psiThreshold = 0.2;

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** No verdict about a moment up to which the source was not complete. */
const isComplete = (fact: LakeFact): boolean => fact.completeTo === null || fact.happenedAt <= fact.completeTo;

type Key = { readonly monitor: string; readonly asset: AssetId; readonly windowKey: string };
const idOf = (workspace: string, key: Key, sha256Hex: Sha256Hex): Signal['id'] =>
  signalIdOf(
    { workspaceId: workspace, monitorId: key.monitor, assetId: key.asset, windowKey: key.windowKey },
    sha256Hex,
  );

/**
 * A job run, or one of its tasks, that failed or timed out. Window key: run id, task, attempt (the task's own run id); the
 * last two are empty for the run itself. Both are signals, so that every device makes the same ones from the same facts.
 */
export const failedRuns = (facts: readonly LakeFact[], sha256Hex: Sha256Hex): readonly Signal[] => {
  const bad = facts.filter(
    (fact) => fact.kind === 'run' && isComplete(fact) && ['failed', 'timed-out'].includes(said(fact.data['result'])),
  );
  const tasksOf = new Map<string, LakeFact[]>();
  for (const fact of bad) {
    const run = text(fact.data['run']);
    if (run !== null && text(fact.data['task']) !== null) tasksOf.set(run, [...(tasksOf.get(run) ?? []), fact]);
  }
  return bad.flatMap((fact): Signal[] => {
    const [run, task, attempt] = [text(fact.data['run']), text(fact.data['task']), text(fact.data['attempt'])];
    const asset = fact.assets.find((one) => one.startsWith('job|'));
    if (run === null || asset === undefined) return [];
    const key = { monitor: monitors.failedRun, asset, windowKey: [run, task ?? '', attempt ?? ''].join('|') };
    const tasks = task === null ? (tasksOf.get(run) ?? []) : [];
    const taskNames = [...new Set(tasks.map((one) => said(one.data['task'])))].sort();
    const message =
      text(fact.data['message']) ?? tasks.map((one) => text(one.data['message'])).find((one) => one !== null) ?? null;
    const result = said(fact.data['result']) === 'timed-out' ? 'timed out' : 'failed';
    const why = [
      `The run's result is "${text((fact.data['raw'] as Record<string, unknown> | undefined)?.['result_state']) ?? result}"`,
      ...(taskNames.length > 0 ? [`failing task ${taskNames.join(', ')}`] : []),
      ...(message === null ? [] : [message]),
    ].join('; ');
    return [
      {
        id: idOf(fact.workspace, key, sha256Hex),
        ...key,
        title: fact.title,
        why,
        startedAt: fact.happenedAt,
        observedAt: fact.observedAt,
        completeTo: fact.completeTo,
        facts: [fact.id, ...tasks.map((one) => one.id)].sort(),
        data: {
          run, task, tasks: taskNames, result: said(fact.data['result']),
          termination: text(fact.data['termination']), message,
        }, // prettier-ignore
      },
    ];
  });
};

type Drifted = { readonly fact: LakeFact; readonly psi: number; readonly column: string };
type DriftWindow = {
  readonly key: Key;
  readonly workspace: string;
  readonly start: string;
  readonly granularity: string;
  readonly all: Drifted[];
};

/**
 * Columns of a table whose PSI reached the threshold in one window, against the window before or the baseline: one signal per
 * table and episode of windows (below). Window key: UTC start of the first window and granularity.
 */
export const driftedTables = (facts: readonly LakeFact[], sha256Hex: Sha256Hex): readonly Signal[] => {
  const groups = new Map<string, DriftWindow>();
  for (const fact of facts) {
    if (fact.kind !== 'drift' || !isComplete(fact)) continue;
    const psi = fact.data['psi'] === 'Infinity' ? Number.POSITIVE_INFINITY : fact.data['psi'];
    const [start, granularity, column] = [
      text(fact.data['windowStart']),
      text(fact.data['granularity']),
      text(fact.data['column']),
    ];
    const asset = fact.assets.find((one) => one.startsWith('table|'));
    if (
      typeof psi !== 'number' ||
      psi < psiThreshold ||
      start === null ||
      granularity === null ||
      column === null ||
      asset === undefined
    )
      continue;
    const key = { monitor: monitors.driftPsi, asset, windowKey: `${start}|${granularity}` };
    const group = groups.get(`${fact.workspace}\n${asset}\n${key.windowKey}`) ?? {
      key,
      workspace: fact.workspace,
      start,
      granularity,
      all: [],
    };
    group.all.push({ fact, psi, column });
    groups.set(`${fact.workspace}\n${asset}\n${key.windowKey}`, group);
  }
  return episodesOf([...groups.values()]).map((windows) => driftSignal(windows, sha256Hex));
};

/**
 * Windows of one table that follow each other without a gap, while no new column drifts, are one observation that goes on:
 * a drift that lasts a day is one signal and not twenty-four. The signal keeps the id of its first window.
 */
const episodesOf = (windows: readonly DriftWindow[]): readonly (readonly DriftWindow[])[] => {
  const open = new Map<string, DriftWindow[]>();
  const episodes: DriftWindow[][] = [];
  for (const window of [...windows].sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const line = `${window.workspace}\n${window.key.asset}\n${window.granularity}`;
    const episode = open.get(line);
    const last = episode?.at(-1);
    const known = new Set(episode?.flatMap(({ all }) => all.map(({ column }) => column)));
    const goesOn =
      last !== undefined && endOf(last) >= window.start && window.all.every(({ column }) => known.has(column));
    if (episode !== undefined && goesOn) episode.push(window);
    else {
      const next = [window];
      open.set(line, next);
      episodes.push(next);
    }
  }
  return episodes;
};

const endOf = ({ all, start }: DriftWindow): string => all[0]?.fact.happenedAt ?? start;

/** One signal: columns and words from its first window, the facts of its first and of its newest one. */
const driftSignal = (windows: readonly DriftWindow[], sha256Hex: Sha256Hex): Signal => {
  const first = ensure(windows[0], 'an episode begins with a window');
  const last = ensure(windows.at(-1), 'an episode begins with a window');
  const { key, workspace, start, all } = first;
  const worst = new Map<string, Drifted>();
  for (const one of [...all].sort((a, b) => b.psi - a.psi || (a.fact.id < b.fact.id ? -1 : 1)))
    if (!worst.has(one.column)) worst.set(one.column, one);
  const columns = [...worst.values()];
  const shown = columns
    .slice(0, 3)
    .map((one) => `${one.column} (PSI ${Number.isFinite(one.psi) ? one.psi.toFixed(2) : 'infinite'})`);
  const more = columns.length > shown.length ? ` and ${columns.length - shown.length} more` : '';
  const table = key.asset.split('.').at(-1) ?? key.asset;
  const evidence = windows.length === 1 ? all : [...all, ...last.all];
  const lasting =
    windows.length === 1 ? '' : ` It goes on: ${windows.length} windows in a row, the last one to ${endOf(last)}.`;
  return {
    id: idOf(workspace, key, sha256Hex),
    ...key,
    title: `${table} has drifted: ${shown.join(', ')}${more}`,
    why: `PSI from ${psiThreshold} on counts as a significant change; compared with ${comparisons(all)}.${lasting}`,
    startedAt: start,
    observedAt: [...all].map((one) => one.fact.observedAt).sort()[0] ?? start,
    completeTo: evidence
      .map((one) => one.fact.completeTo)
      .reduce((a, b) => (a === null || (b !== null && b < a) ? b : a), null),
    facts: [...new Set<FactId>(evidence.map((one) => one.fact.id))].sort(),
    data: {
      columns: columns.map((one) => ({ column: one.column, psi: one.psi, type: said(one.fact.data['type']) })),
      windowEnd: endOf(first),
      windows: windows.length,
      lastEnd: endOf(last),
    },
  };
};

const comparisons = (all: readonly Drifted[]): string => {
  const types = new Set(all.map((one) => said(one.fact.data['type'])));
  const words = [
    ...(types.has('BASELINE') ? ['the baseline'] : []),
    ...(types.has('CONSECUTIVE') ? ['the window before'] : []),
  ];
  return words.length === 0 ? 'an earlier window' : words.join(' and ');
};

/** All signals that these facts make, oldest first, ties by id: a pure function of the facts, whatever their order. */
export const detectSignals = (facts: readonly LakeFact[], sha256Hex: Sha256Hex, nameOf?: NameOf): readonly Signal[] => {
  const ordered = [...facts].sort((a, b) => (a.id < b.id ? -1 : 1));
  return [
    ...failedRuns(ordered, sha256Hex),
    ...driftedTables(ordered, sha256Hex),
    ...operationSignals(ordered, sha256Hex, nameOf),
    ...privacySignals(ordered, sha256Hex),
  ].sort(bySignal);
};

export const bySignal = (a: Signal, b: Signal): number =>
  a.startedAt === b.startedAt ? (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.startedAt < b.startedAt ? -1 : 1;
