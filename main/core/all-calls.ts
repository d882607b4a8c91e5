import type { Failure } from '../../shared/base/failure.ts';
import type { CheckOptions } from '../databricks/connection-check.ts';
import type { FoundConnection } from '../databricks/found.ts';
import type { Connection, ConnectionStep } from '../databricks/port.ts';
import type { Status } from '../../shared/contract/status.ts';
import type { Sync } from '../sync/engine.ts';
import type { Background } from './background.ts';
import { attachmentCalls } from './calls/attachments.ts';
import { assetCalls } from './calls/assets.ts';
import { budgetCalls } from './calls/budget.ts';
import { declarationCalls } from './calls/declarations.ts';
import { entryCalls } from './calls/entries.ts';
import { incidentCalls } from './calls/incident.ts';
import { ledgerCalls } from './calls/ledger.ts';
import { offlineCalls } from './calls/offline.ts';
import { packCalls } from './calls/packs.ts';
import { peopleCalls } from './calls/people.ts';
import { residencyCalls } from './calls/residency.ts';
import { roomCalls } from './calls/rooms.ts';
import { shareCalls } from './calls/shares.ts';
import { signInCalls } from './calls/sign-in.ts';
import { statusCalls } from './calls/status.ts';
import { triageCalls } from './calls/triage.ts';
import { watchCalls } from './calls/watch.ts';
import { workspaceCalls } from './calls/workspace.ts';
import { createConnectionTest } from './connection-test.ts';
import type { ConnectionPart } from './connection.ts';
import type { Handlers } from './handlers.ts';
import type { LakePart } from './lake-part.ts';
import type { Meter } from './meter.ts';
import type { Naming } from './named-places.ts';
import type { OfflinePart } from './offline.ts';
import type { Parts } from './parts.ts';
import type { SigningIn } from './prepare-connection.ts';
import type { ResidencyPart } from './residency.ts';
import { roomCost } from './room-cost.ts';
import type { SecretStore } from './secrets.ts';
import { setupFor } from './setup-sql.ts';
import type { SignInPart } from './sign-in.ts';
import type { FreshLogins } from './signing-in.ts';
import type { SignedInUsers } from './signed-in-users.ts';
import type { Uploads } from './uploads.ts';
import type { WarehouseLife } from './warehouse-life.ts';
import type { WatchList } from './watch-list.ts';

/** What calls are answered from: the parts of a core, and what it was told of the program around it. */
type CallParts = {
  readonly app: {
    readonly version: string;
    readonly profile: string;
    readonly host: Status['host'];
    readonly notices: () => readonly Failure[];
    readonly offerFile: (file: string) => string | null;
    readonly found: () => readonly FoundConnection[];
    readonly check: (connection: Connection, options: CheckOptions) => Promise<readonly ConnectionStep[]>;
    readonly hasLoops: boolean;
  };
  readonly parts: Parts;
  readonly connection: ConnectionPart;
  readonly lake: LakePart;
  readonly life: WarehouseLife;
  readonly meter: Meter;
  readonly sync: Sync;
  readonly offline: OfflinePart;
  readonly watched: WatchList;
  readonly naming: Naming;
  readonly background: Background;
  readonly uploads: Uploads;
  readonly residency: ResidencyPart;
  readonly secrets: SecretStore;
  readonly signing: SigningIn;
  readonly signIn: SignInPart;
  readonly users: SignedInUsers;
  readonly fresh: FreshLogins;
};

/** Every call of the contract with what answers it: what none of these files has does not compile. */
export const allCalls = (from: CallParts): Handlers => {
  const { app, parts, connection, lake, life, meter, sync, offline, watched, naming, background } = from;
  return {
    ...statusCalls(parts, {
      version: app.version,
      profileName: app.profile,
      host: app.host,
      connection,
      lake,
      life,
      sync,
      notices: app.notices,
    }),
    ...triageCalls(parts, lake, background.refresh, naming),
    ...roomCalls(parts, lake, { badge: offline.badge, cost: roomCost(meter, connection, life) }),
    ...offlineCalls(parts, offline),
    ...assetCalls(parts, lake),
    ...watchCalls(lake, watched, naming, background.refresh),
    ...declarationCalls(parts),
    ...incidentCalls(parts),
    ...entryCalls(parts, lake),
    ...attachmentCalls(parts, from.uploads),
    ...ledgerCalls(parts, sync),
    ...peopleCalls(parts, sync),
    ...budgetCalls(parts, meter),
    ...residencyCalls(parts, from.residency, background.look),
    ...shareCalls(
      parts,
      sync,
      () => (app.hasLoops ? Promise.resolve() : connection.workspace(false)),
      () => meter.report(sync.shares().length > 0),
    ),
    ...packCalls(parts, { version: app.version, lake, offerFile: app.offerFile }),
    ...signInCalls({
      connection,
      secrets: from.secrets,
      signIn: from.signIn,
      userOf: from.users.of,
      forget: (host) => void from.fresh.delete(host),
      changed: parts.changed,
      refresh: background.refresh,
    }),
    ...workspaceCalls({
      connection,
      signing: from.signing,
      attended: app.host !== 'in-process',
      test: createConnectionTest(app.check, parts.changed),
      setup: (wanted) => setupFor(wanted, parts.who().org, parts.random),
      life,
      found: app.found,
      refresh: background.refresh,
      look: background.look,
    }),
  };
};
