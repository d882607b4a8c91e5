import type { JsonObject } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import { pageLimit } from '../../shared/contract/common.ts';
import type { Inbox, Proposal as ProposalView } from '../../shared/contract/inbox.ts';
import type { LogId, SignalId } from '../../shared/domain/ids.ts';
import type { Proposal, Signal } from '../detect/port.ts';
import type { VerdictView, Views } from '../log/views-port.ts';
import type { ReadableDb } from '../store/port.ts';
import { displayName } from './display.ts';
import type { LakePart } from './lake-part.ts';
import type { Names } from './people.ts';
import type { RoomSignals } from './room-signals.ts';
import { freshnessOf } from './status.ts';

/**
 * The inbox: what detection proposes, less what somebody declined, with the room that answers a proposal already. Verdicts
 * are org-log events and arrive from others; proposals are this device's cache.
 */
export type TriageSources = {
  readonly db: ReadableDb;
  readonly views: Views;
  readonly org: LogId;
  readonly names: Names;
  readonly lake: LakePart;
  readonly signalsOf: RoomSignals;
  readonly now: Instant;
};

/** A proposal, how many declined signals lie on its assets, and the room that answers it. */
export type OpenProposal = { readonly proposal: Proposal; readonly suppressed: number; readonly room: LogId | null };

export const openProposals = (from: TriageSources): readonly OpenProposal[] => {
  const { lake } = from;
  const declined = declinedSignals(from);
  const rooms = roomsBySignal(from);
  const lost = [...declined].flatMap((id) => lake.signal(id)?.asset ?? []);
  return lake
    .proposals(declined)
    .map((proposal) => {
      const room = proposal.signals.map(({ id }) => rooms.get(id)).find((log) => log !== undefined) ?? null;
      const assets = new Set<string>(proposal.assets);
      return { proposal, suppressed: lost.filter((asset) => assets.has(asset)).length, room };
    })
    .sort(
      (a, b) =>
        Number(a.room !== null) - Number(b.room !== null) || b.proposal.detectedAt.localeCompare(a.proposal.detectedAt),
    );
};

const declinedSignals = (from: TriageSources): ReadonlySet<SignalId> =>
  new Set(
    [...verdictsBySignal(from).values()]
      .filter(({ verdict }) => verdict.value === 'declined')
      .map(({ signalId }) => signalId as SignalId),
  );

const verdictsBySignal = ({ db, views, org }: TriageSources): ReadonlyMap<string, VerdictView> =>
  new Map(views.verdicts(db, org).map((verdict) => [verdict.signalId, verdict]));

/** Which room already names a signal. */
const roomsBySignal = ({ db, views, signalsOf }: TriageSources): ReadonlyMap<string, LogId> => {
  const rooms = new Map<string, LogId>();
  for (const { log, merged } of views.roomList(db)) {
    if (merged !== null) continue;
    for (const signal of signalsOf(log)) if (!rooms.has(signal)) rooms.set(signal, log);
  }
  return rooms;
};

export const inboxView = (from: TriageSources): Inbox => {
  const { lake } = from;
  const verdicts = verdictsBySignal(from);
  return {
    proposals: openProposals(from)
      .slice(0, pageLimit)
      .map((open) => proposalView(open, verdicts, from)),
    watched: lake.watched().slice(0, pageLimit),
    declined: [...verdicts.values()].filter(({ verdict }) => verdict.value === 'declined').length,
    freshness: freshnessOf(lake),
    detectedAt: lake.detectedAt(),
  };
};

const proposalView = (
  { proposal, suppressed, room }: OpenProposal,
  verdicts: ReadonlyMap<string, VerdictView>,
  { lake, names }: TriageSources,
): ProposalView => ({
  id: proposal.id,
  title: displayName(proposal.title),
  class: proposal.class,
  severity: proposal.severity,
  startedAt: proposal.startedAt,
  detectedAt: proposal.detectedAt,
  why: proposal.why,
  assets: proposal.assets.slice(0, pageLimit).map((id) => ({ id, name: lake.label(id).name })),
  signals: proposal.signals
    .slice(0, pageLimit)
    .map((signal) => signalView(signal, verdicts.get(signal.id), lake, names)),
  suppressed,
  room,
});

const signalView = (
  signal: Signal,
  verdict: VerdictView | undefined,
  lake: LakePart,
  names: Names,
): ProposalView['signals'][number] => ({
  id: signal.id,
  monitor: signal.monitor,
  asset: signal.asset,
  assetName: lake.label(signal.asset).name,
  title: displayName(signal.title),
  why: signal.why,
  startedAt: signal.startedAt,
  observedAt: signal.observedAt,
  verdict:
    verdict?.verdict.value == null || verdict.verdict.head === null
      ? null
      : {
          value: verdict.verdict.value,
          by: names.nameOf(verdict.verdict.head.by.actor),
          at: verdict.verdict.head.at,
        },
});

/** A signal as a verdict keeps it: the verdict must be readable on a device whose cache never held the signal. */
export const signalSnapshot = (signal: Signal): JsonObject => ({
  monitor: signal.monitor,
  asset: signal.asset,
  window_key: signal.windowKey,
  title: signal.title,
  why: signal.why,
  started_at: signal.startedAt,
  observed_at: signal.observedAt,
  complete_to: signal.completeTo,
  facts: [...signal.facts],
  data: signal.data,
});
