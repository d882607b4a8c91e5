import type { DeviceId, EventHash } from '../../shared/domain/ids.ts';
import type { PlaceHead } from './port.ts';

/**
 * The decisions of sync, without I/O: from what is here, what is known of a place and what the place was seen to hold, to
 * what must be done. Rules: facts/sync.md 2.4–2.6. Nothing here reads a clock.
 */
export type Mark = { readonly sent: number; readonly acked: number; readonly strikes: number };
/** Contiguous end of a stream in the local log. */
export type LocalHead = { readonly dev: DeviceId; readonly seq: number; readonly hash: EventHash };

export type Action =
  /** What is known of the place, replacing what was known. */
  | { readonly do: 'mark'; readonly dev: DeviceId; readonly mark: Mark }
  /** Read these again from the place and hand them to the log, which judges them. */
  | { readonly do: 'read'; readonly dev: DeviceId; readonly from: number; readonly to: number; readonly fork: boolean }
  /** The head alone does not tell what the place lacks: read 1..to and compare hash by hash. */
  | { readonly do: 'compare'; readonly dev: DeviceId; readonly to: number };

export type PushRun = { readonly dev: DeviceId; readonly from: number; readonly to: number };

export const noMark: Mark = { sent: 0, acked: 0, strikes: 0 };

/** A place that takes events and does not keep them is broken, after so many rounds; never "synced". */
export const maxStrikes = 3;

/**
 * Events that were read back with our hash extend the acknowledged prefix; whatever lies behind a hole waits for it.
 * Only this and `compareHeads` acknowledge: "200 OK" of a push never does.
 */
export const readBack = (mark: Mark, present: ReadonlySet<number>): Mark => {
  let acked = mark.acked;
  while (present.has(acked + 1)) acked += 1;
  return acked === mark.acked ? mark : { sent: Math.max(mark.sent, acked), acked, strikes: 0 };
};

/** Runs of numbers in 1..`to` that are not present. */
export const missingRuns = (
  present: ReadonlySet<number>,
  to: number,
): readonly { readonly from: number; readonly to: number }[] => {
  const runs: { from: number; to: number }[] = [];
  for (let seq = 1; seq <= to; seq += 1) {
    if (present.has(seq)) continue;
    const last = runs.at(-1);
    if (last?.to === seq - 1) last.to = seq;
    else runs.push({ from: seq, to: seq });
  }
  return runs;
};

const settled = (before: Mark, seq: number): Mark => ({
  sent: seq,
  acked: seq,
  strikes: seq > before.acked ? 0 : before.strikes,
});

/**
 * Anti-entropy: heads of the place against ours. The chain commits to the whole prefix, so an equal hash at the place's
 * head and a full count mean an equal prefix. `hashAt` gives our hash at a position of the local contiguous part.
 */
export const compareHeads = (
  locals: readonly LocalHead[],
  marks: ReadonlyMap<DeviceId, Mark>,
  place: readonly PlaceHead[],
  hashAt: (dev: DeviceId, seq: number) => EventHash | null,
): readonly Action[] => {
  const actions: Action[] = [];
  const there = new Map(place.map((head) => [head.dev, head]));
  const here = new Map(locals.map((head) => [head.dev, head]));
  for (const dev of new Set([...here.keys(), ...there.keys()])) {
    const local = here.get(dev)?.seq ?? 0;
    const mark = marks.get(dev) ?? noMark;
    const head = there.get(dev);
    if (!head) {
      if (mark.sent > 0 || mark.acked > 0) actions.push({ do: 'mark', dev, mark: settled(mark, 0) });
      continue;
    }
    if (head.seq > local) actions.push({ do: 'read', dev, from: local + 1, to: head.seq, fork: false });
    if (local === 0) continue;
    const common = Math.min(local, head.seq);
    if (head.count !== head.seq) {
      actions.push({ do: 'compare', dev, to: common });
    } else if (head.seq <= local) {
      if (hashAt(dev, head.seq) === head.hash) {
        if (mark.acked !== head.seq || mark.sent !== head.seq)
          actions.push({ do: 'mark', dev, mark: settled(mark, head.seq) });
      } else {
        actions.push({ do: 'read', dev, from: head.seq, to: head.seq, fork: true });
        actions.push({ do: 'compare', dev, to: common });
      }
    }
  }
  return actions;
};

/** Whether the marks leave a question that only the place can answer before anything is sent. */
export const mustAsk = (locals: readonly LocalHead[], marks: ReadonlyMap<DeviceId, Mark>, self: DeviceId): boolean =>
  locals.some(({ dev, seq }) => {
    const { sent, acked } = marks.get(dev) ?? noMark;
    // Handed over and not read back: the reply was lost, or the place lost it. Of others' streams: somebody else may
    // have brought it since, and every client would heal at once.
    return sent > acked || (dev !== self && seq > acked);
  });

/**
 * What to send. Own events at once; others' only when the place was just asked for its heads (`asked`), so that peers
 * heal what is really missing. At most `limit` events a run.
 */
export const planPush = (
  locals: readonly LocalHead[],
  marks: ReadonlyMap<DeviceId, Mark>,
  self: DeviceId,
  asked: boolean,
  limit: number,
): readonly PushRun[] => {
  const runs: PushRun[] = [];
  for (const { dev, seq } of locals) {
    if (dev !== self && !asked) continue;
    const { sent } = marks.get(dev) ?? noMark;
    for (let from = sent + 1; from <= seq; from += limit) runs.push({ dev, from, to: Math.min(seq, from + limit - 1) });
  }
  return runs;
};

/** Full jitter: a random part of a span that doubles from 1 s to 5 min; never a last attempt. `chance` is in [0, 1). */
export const backOffMs = (failures: number, chance: number, retryAfterMs = 0): number => {
  const span = Math.min(300_000, 1_000 * 2 ** Math.min(failures - 1, 20));
  return Math.max(retryAfterMs, Math.round(span / 4 + chance * span * 0.75));
};
