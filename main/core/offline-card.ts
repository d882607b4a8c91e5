import { fromInstant } from '../../shared/base/time.ts';
import type { OfflineBadge, OfflineSource } from '../../shared/contract/offline.ts';
import { fullName } from '../databricks/identifiers.ts';
import type { Collector, Need } from '../lake/collector.ts';
import type { Pack, PackedSource } from '../lake/packing-port.ts';
import { paceWords } from '../lake/window.ts';
import { isAskedByRest } from '../lake/sources.ts';

/** What was packed so long ago is no answer to "could I leave now?" any more. */
const staleAfterMs = 2 * 3_600_000;

const isSettled = ({ state }: PackedSource): boolean => state !== 'due' && state !== 'reading';
const isWithheld = ({ state }: PackedSource): boolean => state === 'withheld';
/** What a rule forbids to keep is no gap that somebody could close: it is told of its workspace as a whole. */
const isMissing = (one: PackedSource): boolean => isSettled(one) && one.state !== 'done' && !isWithheld(one);
const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** What a rule takes from a room: workspaces in which something lies that the room is about, by name, each with the reason. */
export type WithheldWorkspaces = readonly { readonly workspace: string; readonly reason: string }[];
export const withheldWorkspaces = (
  pack: Pack | null,
  place: (workspaceId: string) => { readonly name: string; readonly concerned: boolean },
): WithheldWorkspaces => {
  const reasons = new Map(
    (pack?.sources ?? []).filter(isWithheld).map(({ workspace, note }) => [workspace, note ?? '']),
  );
  return [...reasons].flatMap(([workspace, reason]) => {
    const { name, concerned } = place(workspace);
    return concerned ? [{ workspace: name, reason }] : [];
  });
};

/** Could I leave now? From what is on this disk and the time; `label` names a source for people. */
export const badgeOf = (
  pack: Pack | null,
  now: number,
  label: (source: string) => string,
  withheld: WithheldWorkspaces = [],
): OfflineBadge => {
  if (pack === null) return { state: 'none', done: 0, total: 0, missing: [], since: null };
  const { sources, finishedAt } = pack;
  const done = sources.filter(isSettled).length;
  const counts = {
    done,
    total: sources.length,
    since: finishedAt,
    ...(withheld.length === 0 ? {} : { withheld: [...withheld] }),
  };
  const named = (all: readonly string[]): string[] => unique(all.map(label));
  if (pack.state === 'released') return { ...counts, state: 'released', done: 0, total: 0, missing: [] };
  // Nothing at all may be kept here: that is a rule and no gap.
  if (sources.length > 0 && sources.every(({ state }) => state === 'withheld'))
    return { ...counts, state: 'refused', missing: [] };
  // An earlier pack stands while a further one is under way.
  if (finishedAt !== null) {
    const missing =
      pack.state === 'done' ? named(sources.filter(isMissing).map(({ source }) => source)) : named(pack.missing);
    // Long ahead of the clock, which was set back: how old it is nobody knows.
    const isOld = Math.abs(now - fromInstant(finishedAt)) > staleAfterMs;
    return { ...counts, missing, state: isOld ? 'stale' : missing.length + withheld.length > 0 ? 'partly' : 'ready' };
  }
  const state = pack.state === 'cancelled' || pack.state === 'done' ? 'partly' : pack.state;
  const notHere = sources.filter(
    (one) => isMissing(one) || (state === 'partly' && one.state !== 'done' && !isWithheld(one)),
  );
  return { ...counts, state, missing: named(notHere.map(({ source }) => source)) };
};

/** A right in the words in which one asks an administrator for it. */
const asked = (need: Need): string =>
  need.kind === 'select' ? `SELECT on ${fullName(need.table)}` : `${need.privilege} on ${need.on}`;

/** A source as a line of the card: with what to ask for where it was refused. Where a rule forbids it, no right helps: the reason alone. */
export const sourceLine = (
  one: PackedSource,
  collector: Collector | undefined,
  place: string | null = null,
): OfflineSource => {
  const isLacking = one.state === 'refused' || one.state === 'missing' || one.state === 'failed';
  return {
    source: one.source,
    label: collector?.label ?? one.source,
    workspace: one.workspace,
    ...(place === null ? {} : { place }),
    ...(isWithheld(one) ? { withheld: true } : {}),
    state: one.state === 'withheld' ? 'refused' : one.state,
    rest: isAskedByRest(one.source),
    rows: one.rows,
    expected: one.expected,
    statements: one.statements,
    calls: one.calls,
    facts: one.facts,
    links: one.links,
    pages: one.pages,
    bytes: one.bytes,
    completeTo: one.completeTo,
    observedAt: one.observedAt,
    missing: [...one.missingColumns],
    note: one.note,
    pace: collector === undefined ? null : paceWords(collector.meta),
    ask: one.state === 'refused' ? (collector?.meta.needs ?? []).map(asked) : [],
    without: isLacking ? [...(collector?.meta.features ?? [])] : [],
  };
};
