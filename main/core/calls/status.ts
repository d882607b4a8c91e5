import type { Failure } from '../../../shared/base/failure.ts';
import { ok } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import type { Status } from '../../../shared/contract/status.ts';
import type { Sync } from '../../sync/engine.ts';
import type { ConnectionPart } from '../connection.ts';
import { connectionRows } from '../connection-rows.ts';
import type { HandlersOf } from '../handlers.ts';
import { notAdmitted } from '../identity.ts';
import type { LakePart } from '../lake-part.ts';
import { countOnlyHere } from '../marks.ts';
import type { Parts } from '../parts.ts';
import { namesOf } from '../people.ts';
import { openProposals } from '../proposals.ts';
import { freshnessOf, statusView } from '../status.ts';
import type { WarehouseLife } from '../warehouse-life.ts';
import { shareView } from './shares.ts';

export type StatusDeps = {
  readonly version: string;
  readonly profileName: string;
  readonly host: Status['host'];
  readonly connection: ConnectionPart;
  readonly lake: LakePart;
  readonly life: WarehouseLife;
  readonly sync: Pick<Sync, 'shares' | 'devices' | 'problems'>;
  /** Things to say that hold for this whole run, e.g. that the clock is set off for a drill. */
  readonly notices: () => readonly Failure[];
};

/** `app.status`: what the status bar shows, from what is known here. */
export const statusCalls = (parts: Parts, deps: StatusDeps): HandlersOf<'app.status'> => ({
  'app.status': () => {
    const { views, profile, log } = parts;
    const db = profile.store.read;
    const who = parts.who();
    const names = namesOf(db, views, who.org, who.person);
    const now = toInstant(parts.clock.now());
    const proposals = openProposals({
      db,
      views,
      org: who.org,
      names,
      lake: deps.lake,
      signalsOf: parts.signalsOf,
      now,
    });
    const seen = new Map(deps.sync.devices().map(({ dev, wroteAt }) => [dev, wroteAt]));
    return ok(
      statusView({
        version: deps.version,
        profile: { name: deps.profileName, folder: profile.dir },
        host: deps.host,
        clock: parts.clock,
        who,
        name: names.nameOf(who.person),
        keyProtection: log.device.keyProtection,
        workspace: deps.connection.state(),
        workspaces: connectionRows(deps.connection, deps.life),
        shares: deps.sync.shares().map(shareView),
        devices: views.devices(db, who.org).flatMap(({ dev, person }) =>
          person === null
            ? []
            : [
                {
                  id: dev,
                  person,
                  name: names.nameOf(person),
                  lastSeen: seen.get(dev) ?? null,
                  you: dev === who.device,
                },
              ],
        ),
        freshness: freshnessOf(deps.lake),
        counts: {
          onlyHere: countOnlyHere(db, log, who.org),
          quarantined: views.quarantineList(db, 500).length + deps.sync.problems().length,
          unknownEvents: log.logs(db).reduce((sum, id) => sum + views.counts(db, id).unknown, 0),
          inboxCount: proposals.filter(({ room }) => room === null).length,
          joinRequests: views.pendingJoins(db, who.org).length,
        },
        notices: [...deps.notices(), ...(who.admitted ? [] : [notAdmitted(who.device)])],
      }),
    );
  },
});
