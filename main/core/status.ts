import type { Failure } from '../../shared/base/failure.ts';
import { type Clock, toInstant } from '../../shared/base/time.ts';
import { contractVersion } from '../../shared/contract/calls.ts';
import { pageLimit } from '../../shared/contract/common.ts';
import type { Freshness, Status } from '../../shared/contract/status.ts';
import type { KeyProtection } from '../../shared/domain/vocabulary.ts';
import type { SourceState } from '../lake/port.ts';
import type { Identity } from './parts.ts';

/** Everything that the status bar needs, from the parts that know it. No part is asked over the network for it. */
export type StatusSources = {
  readonly version: string;
  readonly profile: Status['profile'];
  readonly host: Status['host'];
  readonly clock: Clock;
  readonly who: Identity;
  readonly name: string;
  readonly keyProtection: KeyProtection;
  readonly workspace: Status['workspace'];
  readonly shares: Status['shares'];
  readonly devices: Status['devices'];
  readonly sources: readonly SourceState[];
  readonly counts: Pick<Status, 'onlyHere' | 'quarantined' | 'unknownEvents' | 'inboxCount' | 'joinRequests'>;
  readonly notices: readonly Failure[];
};

export const statusView = (from: StatusSources): Status => ({
  app: { name: 'Breakwater', version: from.version, contract: contractVersion },
  profile: from.profile,
  now: toInstant(from.clock.now()),
  host: from.host,
  workspace: from.workspace,
  you: {
    person: from.who.person,
    name: from.name,
    roles: [...from.who.roles],
    device: from.who.device,
    keyProtection: from.keyProtection,
    admitted: from.who.admitted,
    org: from.who.org,
  },
  ...from.counts,
  shares: from.shares,
  devices: from.devices.slice(0, pageLimit),
  freshness: from.sources.slice(0, pageLimit).map(freshnessOf),
  notices: [...from.notices],
});

/** One source in words that fit the status bar: `system.lakeflow.job_run_timeline` → "job run timeline". */
export const freshnessOf = (source: SourceState): Freshness => ({
  source: source.source,
  label: sourceLabel(source.source),
  completeTo: source.completeTo,
  observedAt: source.observedAt,
  state: source.state,
  missing: [...source.missingColumns],
  note: source.note,
});

const labels: Readonly<Record<string, string>> = {
  job_run_timeline: 'runs',
  job_task_run_timeline: 'task runs',
  table_lineage: 'lineage',
  column_lineage: 'column lineage',
  audit: 'access',
};
const sourceLabel = (source: string): string => {
  const last = source.split(/[./]/).at(-1) ?? source;
  return labels[last] ?? last.replaceAll(/[_-]/g, ' ');
};
