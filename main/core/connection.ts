import { type Failure, failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { type Clock, type Instant, toInstant } from '../../shared/base/time.ts';
import type { Status } from '../../shared/contract/status.ts';
import { connectionFrom } from '../databricks/connection.ts';
import type { Connection, DatabricksFailure, Workspace } from '../databricks/port.ts';
import { staticToken } from '../databricks/token-source.ts';
import { notedWorkspace } from './noted-workspace.ts';
import type { SecretStore } from './secrets.ts';
import { moveTokenFile } from './token-file.ts';
import { dropSetting, getSetting, setSetting } from '../store/settings.ts';
import type { Profile } from '../store/profile.ts';

/**
 * Which workspace this profile works with: the practice lakehouse unless somebody saved another. Address and path lie in the
 * profile's settings; what signs in lies in the secret store under the connection's id. The database is not encrypted yet:
 * that is why saving a connection asks for consent. No token is in a setting, answer or log line.
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
  readonly open: (connection: Connection) => Result<Workspace, DatabricksFailure>;
  /** Null when practice is switched off (tests, servers). */
  readonly practice: PracticeSource | null;
  readonly changed: () => void;
};

export type ConnectionPart = {
  /** The open workspace; connects first where that is needed. Only a person's act, or the first try, starts practice. */
  readonly workspace: (mayStart: boolean) => Promise<Result<Workspace, Failure>>;
  /** The open workspace, or null: never waits. */
  readonly current: () => Workspace | null;
  readonly practice: () => PracticeLink | null;
  /** What the last use of the connection told: null = it works. */
  readonly told: (problem: Failure | null) => void;
  readonly state: () => Status['workspace'];
  readonly save: (given: {
    host: string;
    httpPath: string;
    token: string;
    acceptUnencrypted: boolean;
  }) => Promise<Result<void, Failure>>;
  readonly usePractice: () => Promise<Result<void, Failure>>;
  readonly close: () => Promise<void>;
};

const settingKey = 'connection';
/** Id of the connection in the secret store. */
const secretId = 'workspace';
const practiceKey = 'connection.practised';
type Saved = { readonly host: string; readonly port: number; readonly httpPath: string };

export const createConnection = (deps: ConnectionDeps): ConnectionPart => {
  const { profile, secrets, clock } = deps;
  let open: Workspace | null = null;
  let link: PracticeLink | null = null;
  let opening: Promise<Result<Workspace, Failure>> | null = null;
  let last: { problem: Failure | null; tried: boolean; since: Instant | null } = {
    problem: null,
    tried: false,
    since: null,
  };

  const told = (problem: Failure | null): void => {
    const before = last;
    const same = before.tried && stateOf(before.problem) === stateOf(problem);
    last = { problem, tried: true, since: same ? before.since : toInstant(clock.now()) };
    if (!same) deps.changed();
  };

  const saved = (): Saved | null => {
    const value = getSetting(profile.store.read, settingKey);
    if (!isJsonObject(value)) return null;
    const { host, port, httpPath } = value;
    return typeof host === 'string' && typeof port === 'number' && typeof httpPath === 'string'
      ? { host, port, httpPath }
      : null;
  };

  /** The cache holds practice data from now on: the screen names it as such, also in a session without practice. */
  const rememberPractice = (): void => {
    if (getSetting(profile.store.read, practiceKey) === true) return;
    profile.store.transaction((db) => {
      setSetting(db, practiceKey, true);
      return ok(null);
    });
  };
  const isPractice = (): boolean => deps.practice !== null || getSetting(profile.store.read, practiceKey) === true;

  const findConnection = async (mayStart: boolean): Promise<Result<Connection, Failure>> => {
    const known = saved();
    if (known !== null) {
      const moved = moveTokenFile(profile.dir, secrets, secretId);
      const secret = moved.ok ? secrets.read(secretId) : moved;
      if (!secret.ok) return secret;
      const token = secret.value?.['token'];
      if (typeof token !== 'string') return err(tokenMissing);
      return ok({ kind: 'workspace', name: known.host, ...known, auth: staticToken(token) });
    }
    if (deps.practice === null) return err(isPractice() ? practiceOff : notConfigured);
    const found = await deps.practice(mayStart);
    if (!found.ok) return found;
    link = found.value;
    rememberPractice();
    return ok(found.value.connection);
  };

  const connect = async (mayStart: boolean): Promise<Result<Workspace, Failure>> => {
    const connection = await findConnection(mayStart);
    const opened = connection.ok ? deps.open(connection.value) : connection;
    if (!opened.ok) {
      told(opened.error);
      return opened;
    }
    const workspace = notedWorkspace(opened.value, () => {
      if (open === workspace) told(null);
    });
    open = workspace;
    return ok(workspace);
  };

  const forget = async (): Promise<void> => {
    await opening;
    const old = open;
    open = null;
    link = null;
    last = { problem: null, tried: false, since: null };
    await old?.close();
  };

  const replace = async (change: () => Result<void, Failure>): Promise<Result<void, Failure>> => {
    const changed = change();
    if (changed.ok) await forget();
    return changed;
  };

  return {
    workspace: (mayStart) => {
      if (open !== null) return Promise.resolve(ok(open));
      opening ??= connect(mayStart).finally(() => {
        opening = null;
      });
      return opening;
    },
    current: () => open,
    practice: () => link,
    told: (problem) => {
      told(problem);
      // A practice lakehouse that went away comes back at another port: look for it anew.
      if (problem?.tag === 'Offline' && link !== null) {
        const old = open;
        open = null;
        void old?.close();
      }
    },
    state: () => {
      const known = saved();
      const kind = known !== null ? 'workspace' : isPractice() ? 'practice' : 'none';
      const { problem, tried, since } = last;
      return {
        name: kind === 'practice' ? 'Practice lakehouse' : (known?.host ?? 'No workspace'),
        kind,
        host: known?.host ?? open?.connection.host ?? '',
        state: kind === 'none' ? 'not-configured' : tried ? stateOf(problem) : 'connecting',
        since,
        failure: problem === null ? null : plain(problem),
      };
    },
    save: ({ host, httpPath, token, acceptUnencrypted }) =>
      replace(() => {
        if (!acceptUnencrypted) return err(consentMissing);
        const checked = connectionFrom({
          explicit: { kind: 'workspace', host, httpPath, token },
          env: {},
          configFile: null,
        });
        if (!checked.ok) return checked;
        const place = checked.value;
        const written = secrets.write(secretId, { kind: 'pat', token: token.trim() });
        if (!written.ok) return written;
        return profile.store.transaction<void, Failure>((db) => {
          setSetting(db, settingKey, { host: place.host, port: place.port, httpPath: place.httpPath });
          return ok(undefined);
        });
      }),
    usePractice: () =>
      replace(() => {
        const dropped = profile.store.transaction<void, Failure>((db) => {
          dropSetting(db, settingKey);
          return ok(undefined);
        });
        return dropped.ok ? secrets.remove(secretId) : dropped;
      }),
    close: forget,
  };
};

const stateOf = (problem: Failure | null): Status['workspace']['state'] => {
  switch (problem?.tag) {
    case undefined:
      return 'online';
    case 'Unauthorized':
    case 'Forbidden':
    case 'BadCertificate':
      return 'denied';
    case 'NotConfigured':
      return 'not-configured';
    case 'Starting':
      return 'connecting';
    default:
      return 'offline';
  }
};

/** Only what the contract knows of a failure: the driver's failures carry more. */
export const plain = ({ tag, what, safe, advice, code }: Failure): Failure =>
  code === undefined ? { tag, what, safe, advice } : { tag, what, safe, advice, code };

const nothingSent = 'Nothing was saved and nothing was sent.';

const consentMissing: Failure = failure(
  'ConsentMissing',
  'Data at rest is not encrypted yet: the access token, cached facts about your lake and everything written in rooms would lie in plain files in the profile folder, readable to whoever can read your files.',
  nothingSent,
  'Confirm that this is acceptable on this machine, or stay with the practice lakehouse.',
);
const tokenMissing: Failure = failure(
  'NotConfigured',
  'The access token of the saved workspace is gone from the profile folder.',
  'Rooms and cached facts are safe on this disk.',
  'Enter the token again under Connection.',
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
