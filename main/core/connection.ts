import { type Failure, failure } from '../../shared/base/failure.ts';
import type { JsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Clock, RandomBytes } from '../../shared/base/time.ts';
import { type Credential, credentialIn, openPlan } from '../databricks/credential.ts';
import type { Connection, DatabricksFailure, Workspace } from '../databricks/port.ts';
import type { Profile } from '../store/profile.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { createSlot, type Slot } from './connection-slot.ts';
import { prepare, type SigningIn } from './prepare-connection.ts';
import { withKnownRegion } from './known-region.ts';
import type { NetworkChoice } from './network-choice.ts';
import { notedWorkspace } from './noted-workspace.ts';
import type { SecretStore } from './secrets.ts';
import {
  type KnownWorkspace,
  mostConnections,
  primaryId,
  type SavedConnection,
  savedConnections,
} from './saved-connections.ts';

/**
 * Which workspaces this profile works with. The primary one carries the share: the practice lakehouse unless somebody saved
 * another. Further ones are read beside it. Addresses lie in the profile's settings, what signs in in the secret store under
 * the connection's id. The database is not encrypted yet: that is why saving asks for consent. No token is in a setting, answer
 * or log line.
 */
export type PracticeLink = {
  readonly connection: Connection;
  readonly seed: number;
  /** Press or read the buttons of the practice lakehouse. */
  readonly control: (request: JsonObject) => Promise<Result<JsonObject, Failure>>;
};
/** `mayStart` false: only one that runs already. A practice lakehouse that somebody ended stays ended until it is asked for. */
export type PracticeSource = (mayStart: boolean) => Promise<Result<PracticeLink, Failure>>;

export type ConnectionDeps = {
  readonly profile: Profile;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** How connections sign in: stored logins, the CLI, sign-in servers, proxies of the environment. */
  readonly signing: SigningIn;
  /** For unattended use: what takes the place of the primary workspace; null = the saved one. */
  readonly given: () => Result<Connection, Failure> | null;
  readonly open: (connection: Connection) => Result<Workspace, DatabricksFailure>;
  /** Null when practice is switched off (tests, servers). */
  readonly practice: PracticeSource | null;
  readonly changed: () => void;
  /** Whoever counts statements and hears of answers puts itself in front of an opened workspace. */
  readonly counted: (workspace: Workspace, slot: string, kind: 'practice' | 'workspace') => Workspace;
};

/** What a person gives. Neither id nor name: the primary workspace; a name alone: a further one (same host: that one again). */
export type GivenConnection = {
  readonly host: string;
  readonly httpPath: string;
  readonly credential: Credential;
  readonly network?: NetworkChoice | undefined;
  readonly acceptUnencrypted: boolean;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
};

/** The calls of `Slot` on the part itself are about the primary workspace. */
export type ConnectionPart = Omit<Slot, 'id' | 'forget'> & {
  readonly practice: () => PracticeLink | null;
  /** All workspaces, the primary one first. */
  readonly slots: () => readonly Slot[];
  /** Called after a workspace was added or removed. */
  readonly onSlots: (run: () => void) => void;
  /** Where a workspace of one's own is; null for practice. */
  readonly address: (id: string) => SavedConnection | null;
  readonly known: () => readonly KnownWorkspace[];
  /** What the workspace of a slot said about itself. */
  readonly learn: (slot: string, about: Omit<KnownWorkspace, 'id' | 'name'>) => void;
  /** As it is opened, for a check beside it. Starts no practice lakehouse. */
  readonly find: (id: string) => Promise<Result<Connection, Failure>>;
  readonly save: (given: GivenConnection) => Promise<Result<void, Failure>>;
  /** Forget address and token of a workspace. What was read of it stays. Removing the primary one goes back to practice. */
  readonly remove: (id: string) => Promise<Result<void, Failure>>;
  readonly usePractice: () => Promise<Result<void, Failure>>;
  /** What signs in was changed: close what is open, so that the next use signs in anew. */
  readonly reopen: (id: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

const practiceKey = 'connection.practised';

export const createConnection = (deps: ConnectionDeps): ConnectionPart => {
  const { profile, clock } = deps;
  const saved = savedConnections(profile, deps.secrets);
  let link: PracticeLink | null = null;
  let listener = (): void => undefined;

  /** The cache holds practice data from now on: the screen names it as such, also in a session without practice. */
  const rememberPractice = (): void => {
    if (getSetting(profile.store.read, practiceKey) === true) return;
    profile.store.transaction((db) => {
      setSetting(db, practiceKey, true);
      return ok(null);
    });
  };
  const isPractice = (): boolean => deps.practice !== null || getSetting(profile.store.read, practiceKey) === true;

  const savedAs = (id: string): SavedConnection | null =>
    id === primaryId ? saved.primary() : (saved.others().find((one) => one.id === id) ?? null);

  const ownConnection = (known: SavedConnection): Result<Connection, Failure> => {
    const secret = saved.secret(known.id);
    if (!secret.ok) return secret;
    const credential =
      known.auth === 'pat'
        ? credentialIn(secret.value ?? undefined)
        : credentialIn({ ...secret.value, kind: known.auth });
    if (credential === null) return err(tokenMissing);
    const { name, host, port, httpPath } = known;
    const reach = deps.signing.reach(known.network, secret.value?.['proxy'], host);
    if (!reach.ok) return reach;
    const plan = { kind: 'workspace', name, host, port, httpPath, credential, ...reach.value } as const;
    return ok(openPlan(plan, deps.signing.seams, deps.signing.stored(known.id)));
  };

  const find = async (id: string, mayStart: boolean): Promise<Result<Connection, Failure>> => {
    const given = id === primaryId ? deps.given() : null;
    if (given !== null) return given;
    const known = savedAs(id);
    if (known !== null) return ownConnection(known);
    if (id !== primaryId) return err(notConfigured);
    if (deps.practice === null) return err(isPractice() ? practiceOff : notConfigured);
    const found = await deps.practice(mayStart);
    if (!found.ok) return found;
    link = found.value;
    rememberPractice();
    return ok(deps.signing.practice(found.value.connection));
  };

  const slotOf = (id: string): Slot =>
    createSlot({
      id,
      clock,
      open: deps.open,
      find: (mayStart) => find(id, mayStart),
      about: () => {
        const known = savedAs(id);
        if (known !== null) return { name: known.name, kind: 'workspace', host: known.host };
        const practice = id === primaryId && isPractice();
        return practice
          ? { name: 'Practice lakehouse', kind: 'practice', host: '' }
          : { name: 'No workspace', kind: 'none', host: '' };
      },
      // A practice lakehouse that went away comes back at another port: look for it anew.
      moves: () => id === primaryId && link !== null,
      changed: deps.changed,
      wrap: (workspace, told) =>
        withKnownRegion(
          notedWorkspace(deps.counted(workspace, id, savedAs(id) === null ? 'practice' : 'workspace'), () =>
            told(null),
          ),
          saved.known,
        ),
    });

  const primary = slotOf(primaryId);
  const slots = new Map<string, Slot>([
    [primaryId, primary],
    ...saved.others().map(({ id }): [string, Slot] => [id, slotOf(id)]),
  ]);

  const forget = async (id: string): Promise<void> => {
    await slots.get(id)?.forget();
    if (id === primaryId) link = null;
  };

  const place = (given: GivenConnection, host: string): Result<string, Failure> => {
    if (given.id !== undefined) return slots.has(given.id) ? ok(given.id) : err(gone);
    if (given.name === undefined) return ok(primaryId);
    const same = [saved.primary(), ...saved.others()].find((one) => one?.host === host);
    if (same !== undefined && same !== null) return ok(same.id);
    if (slots.size >= mostConnections) return err(tooMany);
    return ok(`w${Buffer.from(deps.random(4)).toString('hex')}`);
  };

  const save = async (given: GivenConnection): Promise<Result<void, Failure>> => {
    if (!given.acceptUnencrypted) return err(consentMissing);
    const prepared = prepare(given, deps.signing);
    if (!prepared.ok) return prepared;
    const { plan, secret, network } = prepared.value;
    const id = place(given, plan.host);
    if (!id.ok) return id;
    const shown = given.name ?? savedAs(id.value)?.name ?? plan.host;
    const { host, port, httpPath } = plan;
    const put = saved.put(
      { id: id.value, name: shown, host, port, httpPath, auth: plan.credential.kind, network },
      secret,
    );
    if (!put.ok) return put;
    if (slots.has(id.value)) await forget(id.value);
    else slots.set(id.value, slotOf(id.value));
    listener();
    deps.changed();
    return ok(undefined);
  };

  const remove = async (id: string): Promise<Result<void, Failure>> => {
    if (!slots.has(id)) return err(gone);
    const dropped = saved.drop(id);
    if (!dropped.ok) return dropped;
    await forget(id);
    if (id !== primaryId) slots.delete(id);
    listener();
    deps.changed();
    return dropped;
  };

  return {
    workspace: primary.workspace,
    current: primary.current,
    told: primary.told,
    state: primary.state,
    practice: () => link,
    slots: () => [...slots.values()],
    onSlots: (run) => {
      listener = run;
    },
    address: savedAs,
    known: saved.known,
    learn: (slot, about) => {
      const name = slots.get(slot)?.state().name;
      if (name !== undefined) saved.learn({ id: slot, name, ...about });
    },
    find: (id) => find(id, false),
    save,
    remove,
    usePractice: () => remove(primaryId),
    reopen: async (id) => {
      await forget(id);
      deps.changed();
    },
    close: async () => {
      await Promise.all([...slots.keys()].map(forget));
    },
  };
};

const nothingSent = 'Nothing was saved and nothing was sent.';

const consentMissing: Failure = failure(
  'ConsentMissing',
  'Data at rest is not encrypted yet: the access token where neither keyring nor passphrase wraps it, cached facts about your lake and everything written in rooms would lie in plain files in the profile folder, readable to whoever can read your files.',
  nothingSent,
  'Confirm that this is acceptable on this machine, or stay with the practice lakehouse.',
);
const gone: Failure = failure(
  'NotConfigured',
  'This workspace is not in the list any more.',
  nothingSent,
  'Look at the list of workspaces again.',
);
const tooMany: Failure = failure(
  'NotConfigured',
  `There are ${mostConnections} workspaces in this profile, which is the most that it keeps.`,
  nothingSent,
  'Remove one that is not needed, or use another profile.',
);
const tokenMissing: Failure = failure(
  'NotConfigured',
  'Nothing signs in to the saved workspace any more: its token is gone from the profile folder, or somebody signed out.',
  'Rooms and cached facts are safe on this disk.',
  'Sign in again, or enter the token, under Settings, Connection.',
);
const practiceOff: Failure = failure(
  'Offline',
  'The practice lakehouse is switched off in this session.',
  'Rooms and cached facts are safe on this disk; work goes on offline.',
  'Start without BREAKWATER_PRACTICE=off to use it again.',
);
const notConfigured: Failure = failure(
  'NotConfigured',
  'No workspace is connected, and the practice lakehouse is switched off.',
  'Rooms and cached facts are safe on this disk.',
  'Connect a workspace under Connection.',
);
