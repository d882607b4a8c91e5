import { createHash } from 'node:crypto';
import { isJsonObject, parseJson, type JsonObject } from '../../shared/base/json.ts';
import { ok } from '../../shared/base/result.ts';
import { toInstant, type Clock, type Instant } from '../../shared/base/time.ts';
import type { AssetId, FactId, SignalId } from '../../shared/domain/ids.ts';
import type { Lake } from '../lake/lake.ts';
import type { LakeFact } from '../lake/port.ts';
import type { ReadableDb, Store } from '../store/port.ts';
import { deleteSignal, putSignal, signalById, signalRows, type SignalRow } from '../store/signals.ts';
import { detectSignals, monitors } from './detectors.ts';
import { grouping, groupSignals, lastSeen } from './group.ts';
import type { Proposal, Signal } from './port.ts';

export type DetectDeps = { readonly lake: Lake; readonly store: Store; readonly clock: Clock };

/** Facts of this age are judged; older trouble is history, not an inbox. */
export const detectWindowMs = 14 * 86_400_000;
/** Facts are read further back than that: a drift that still goes on keeps the id of the window in which it began. */
const factWindowMs = 40 * 86_400_000;
/** Kinds of facts that rules read. */
const judgedKinds = [
  'run', 'drift', 'pipeline-update', 'expectation', 'quality', 'cost', 'grant-change', 'schema-change',
] as const; // prettier-ignore
/** Signals that are taken back when their facts no longer make them: what they rest on is computed again or corrected. */
const revocable: readonly string[] = [
  monitors.driftPsi,
  monitors.failedExpectation,
  monitors.unhealthyQuality,
  monitors.costJump,
  monitors.personalFlow,
];
const maxSignals = 2_000;
const maxFacts = 50_000;

const sha256Hex = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

const factsSince = (
  lake: Lake,
  db: ReadableDb,
  kinds: readonly LakeFact['kind'][],
  from: Instant,
): readonly LakeFact[] => {
  const facts: LakeFact[] = [];
  for (let before: string | null = null; facts.length < maxFacts;) {
    const page = lake.facts(db, { kinds, from, limit: 500, ...(before === null ? {} : { before }) });
    facts.push(...page.rows);
    before = page.next;
    if (before === null) break;
  }
  return facts;
};

const rowOf = (signal: Signal): SignalRow => ({
  id: signal.id,
  monitor: signal.monitor,
  asset: signal.asset,
  window_key: signal.windowKey,
  title: signal.title,
  why: signal.why,
  started: signal.startedAt,
  observed: signal.observedAt,
  complete_to: signal.completeTo,
  facts: JSON.stringify(signal.facts),
  data: JSON.stringify(signal.data),
});

const strings = (text: string): readonly string[] => {
  const value = parseJson(text);
  return value.ok && Array.isArray(value.value) ? value.value.filter((one) => typeof one === 'string') : [];
};
const object = (text: string): JsonObject => {
  const value = parseJson(text);
  return value.ok && isJsonObject(value.value) ? value.value : {};
};

const signalOf = (row: SignalRow): Signal => ({
  id: row.id as SignalId,
  monitor: row.monitor,
  asset: row.asset as AssetId,
  windowKey: row.window_key,
  title: row.title,
  why: row.why,
  startedAt: row.started,
  observedAt: row.observed,
  completeTo: row.complete_to,
  facts: strings(row.facts).map((one) => one as FactId),
  data: object(row.data),
});

/**
 * One turn of detection over the cached facts: signals are made and stored, all in one transaction. A drift that the profile
 * computed again as harmless takes its signal back; a failed run stays, since a repair does not undo that it failed. How many
 * signals are new or changed.
 */
export const detectOnce = (deps: DetectDeps): { readonly signals: number; readonly changed: number } => {
  const from = toInstant(deps.clock.now() - factWindowMs);
  const facts = factsSince(deps.lake, deps.store.read, judgedKinds, from);
  const signals = detectSignals(facts, sha256Hex, (asset) => deps.lake.assetLabel(deps.store.read, asset).name);
  const made = new Set(signals.map((one) => one.id));
  const stale = signalRows(deps.store.read, from, maxSignals).filter(
    (row) => revocable.includes(row.monitor) && !made.has(row.id as SignalId),
  );
  const news = signals.filter((one) => differs(signalById(deps.store.read, one.id), one));
  if (news.length > 0 || stale.length > 0)
    deps.store.transaction<null>((db) => {
      for (const signal of news) putSignal(db, rowOf({ ...signal, observedAt: toInstant(deps.clock.now()) }));
      for (const row of stale) deleteSignal(db, row.id);
      return ok(null);
    });
  return { signals: signals.length, changed: news.length + stale.length };
};

const differs = (row: SignalRow | undefined, signal: Signal): boolean => {
  const next = rowOf(signal);
  return (
    row === undefined ||
    row.title !== next.title ||
    row.why !== next.why ||
    row.started !== next.started ||
    row.facts !== next.facts ||
    row.data !== next.data
  );
};

/** Stored signals of the window, oldest first. */
export const readSignals = (db: ReadableDb, clock: Clock): readonly Signal[] =>
  signalRows(db, toInstant(clock.now() - factWindowMs), maxSignals)
    .map((row) => signalOf(row))
    .filter((signal) => lastSeen(signal) >= toInstant(clock.now() - detectWindowMs));
export const readSignal = (db: ReadableDb, id: SignalId): Signal | null => {
  const row = signalById(db, id);
  return row === undefined ? null : signalOf(row);
};

/** What the stored signals propose, newest first. `excluded`: declined signals, where the caller wants them out. */
export const readProposals = (
  deps: Omit<DetectDeps, 'store'>,
  db: ReadableDb,
  excluded: ReadonlySet<SignalId> = new Set(),
): readonly Proposal[] => {
  const signals = readSignals(db, deps.clock);
  if (signals.length === 0) return [];
  const assets = [...new Set(signals.map((one) => one.asset))];
  const earliest = signals[0]?.startedAt ?? toInstant(deps.clock.now());
  const changesFrom = toInstant(Date.parse(earliest) - grouping.causeMs);
  const proposals = groupSignals({
    signals,
    edges: deps.lake.edges(db, assets, grouping.hops),
    changes: factsSince(deps.lake, db, ['schema-change'], changesFrom),
    excluded,
    nameOf: (asset) => deps.lake.assetLabel(db, asset).name,
  });
  return [...proposals].sort((a, b) =>
    a.startedAt === b.startedAt ? (a.id < b.id ? -1 : 1) : a.startedAt < b.startedAt ? 1 : -1,
  );
};

/** What is being watched: the words of an empty inbox. `completeTo` from the sources that each rule reads. */
export const watchedRules = (
  lake: Lake,
  db: ReadableDb,
): readonly {
  readonly monitor: string;
  readonly what: string;
  readonly count: number;
  readonly completeTo: Instant | null;
}[] => {
  const states = lake.sourceStates(db);
  const completeTo = (source: string): Instant | null =>
    states.find((one) => one.source === source)?.completeTo ?? null;
  const { jobs, pipelines, profiles, personal } = lake.watched(db);
  return [
    {
      monitor: monitors.failedRun,
      what: 'jobs whose runs fail or time out',
      count: jobs,
      completeTo: completeTo('system.lakeflow.job_run_timeline') ?? completeTo('rest.jobs.runs/list'),
    },
    // Where nobody uses pipelines there is nothing to say of them.
    ...(pipelines === 0
      ? []
      : [
          {
            monitor: monitors.failedUpdate,
            what: 'pipelines whose updates fail or time out',
            count: pipelines,
            completeTo: completeTo('system.lakeflow.pipeline_update_timeline'),
          },
        ]),
    {
      monitor: monitors.driftPsi,
      what: 'tables with a data profile, for drift',
      count: profiles,
      completeTo: completeTo('drift_metrics'),
    },
    // Where no column is tagged nothing is known to be personal.
    ...(personal === 0
      ? []
      : [
          {
            monitor: monitors.openGrant,
            what: 'tables with personal data, for rights that everybody gets',
            count: personal,
            completeTo: completeTo('system.access.audit'),
          },
          {
            monitor: monitors.personalFlow,
            what: 'tables with personal data, for where it flows',
            count: personal,
            completeTo: completeTo('system.access.column_lineage/personal'),
          },
        ]),
  ];
};
