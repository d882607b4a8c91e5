import type { Failure } from '../../shared/base/failure.ts';
import { type Clock, toInstant } from '../../shared/base/time.ts';
import { contractVersion } from '../../shared/contract/calls.ts';
import { pageLimit, sourcesLimit } from '../../shared/contract/common.ts';
import type { Freshness, Status } from '../../shared/contract/status.ts';
import type { KeyProtection } from '../../shared/domain/vocabulary.ts';
import type { LakePart } from './lake-part.ts';
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
  readonly workspaces: Status['workspaces'];
  readonly shares: Status['shares'];
  readonly devices: Status['devices'];
  readonly freshness: readonly Freshness[];
  readonly counts: Pick<Status, 'onlyHere' | 'quarantined' | 'unknownEvents' | 'inboxCount' | 'joinRequests'>;
  readonly notices: readonly Failure[];
};

export const statusView = (from: StatusSources): Status => ({
  app: { name: 'Breakwater', version: from.version, contract: contractVersion },
  profile: from.profile,
  now: toInstant(from.clock.now()),
  host: from.host,
  workspace: from.workspace,
  workspaces: from.workspaces,
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
  freshness: from.freshness.slice(0, sourcesLimit),
  notices: [...from.notices],
});

const reads = { watch: 'always', room: 'around', pack: 'packing' } as const;

/** Age of every kind of fact, named for people. Where all come from one workspace it is not named: nothing to tell apart. */
export const freshnessOf = (lake: LakePart): Freshness[] => {
  const sources = lake.ages();
  const several = new Set(sources.flatMap(({ workspace }) => (workspace === '' ? [] : [workspace]))).size > 1;
  return sources.map(({ source, workspace, completeTo, observedAt, state, missingColumns, note }) => ({
    source,
    label: lake.sourceLabel(source),
    workspace: several && workspace !== '' ? lake.workspaceName(workspace) : null,
    completeTo,
    observedAt,
    state,
    read: reads[lake.sourceWhen(source)],
    ...(lake.sourceRests(source) ? { rests: true } : {}),
    missing: [...missingColumns],
    note,
  }));
};
