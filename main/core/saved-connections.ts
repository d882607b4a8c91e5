import { type Failure } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { Profile } from '../store/profile.ts';
import { type AuthKind, authKinds } from '../databricks/port.ts';
import { type NetworkChoice, networkIn } from './network-choice.ts';
import { regionOf } from './known-region.ts';
import type { SecretStore } from './secrets.ts';
import { moveTokenFile } from './token-file.ts';
import type { ReadableDb } from '../store/port.ts';
import { dropSetting, getSetting, setSetting } from '../store/settings.ts';

/** A workspace that this profile works with. The primary one carries the share; its id is always `primary`. */
export type SavedConnection = {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly httpPath: string;
  readonly auth: AuthKind;
  readonly network: NetworkChoice;
};
/** What a workspace said about itself when it was last reached; kept when the workspace is removed, since its facts stay. */
export type KnownWorkspace = {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly metastoreId: string;
  readonly region: string | null;
};

export const primaryId = 'primary';
const primaryKey = 'connection';
const othersKey = 'connections';
const knownKey = 'connections.known';
/** More workspaces than these are not kept; nobody works in so many at once, and every answer lists them. */
export const mostConnections = 20;

/** Where addresses lie (settings of the profile) and what signs in (the secret store, under the connection's id). */
export type SavedConnections = {
  readonly primary: () => SavedConnection | null;
  readonly others: () => readonly SavedConnection[];
  readonly put: (connection: SavedConnection, secret: JsonObject) => Result<void, Failure>;
  /** Forget address and sign-in; what is known of the workspace stays, because its facts stay. */
  readonly drop: (id: string) => Result<void, Failure>;
  /** What signs in; null when there is nothing. */
  readonly secret: (id: string) => Result<JsonObject | null, Failure>;
  readonly known: () => readonly KnownWorkspace[];
  /** A region that was known stays where nothing is said of it. */
  readonly learn: (said: KnownWorkspace) => void;
};

/** The primary workspace as the settings have it; null = the practice lakehouse. */
export const savedPrimary = (read: ReadableDb): SavedConnection | null =>
  addressOf(getSetting(read, primaryKey), primaryId);
/** The further workspaces of the profile. */
export const savedOthers = (read: ReadableDb): readonly SavedConnection[] =>
  listOf(getSetting(read, othersKey)).flatMap((value) => {
    const id = isJsonObject(value) ? value['id'] : undefined;
    const found = typeof id === 'string' && /^w[0-9a-f]{8}$/.test(id) ? addressOf(value, id) : null;
    return found === null ? [] : [found];
  });

export const savedConnections = (profile: Profile, secrets: SecretStore): SavedConnections => {
  const { store } = profile;
  const primary = (): SavedConnection | null => savedPrimary(store.read);
  const others = (): readonly SavedConnection[] => savedOthers(store.read);
  const known = (): readonly KnownWorkspace[] =>
    listOf(getSetting(store.read, knownKey)).flatMap((value) => {
      if (!isJsonObject(value)) return [];
      const { id, name, workspaceId, metastoreId, region } = value;
      return typeof id === 'string' &&
        typeof name === 'string' &&
        typeof workspaceId === 'string' &&
        typeof metastoreId === 'string'
        ? [{ id, name, workspaceId, metastoreId, region: typeof region === 'string' ? region : null }]
        : [];
    });
  const write = (key: string, value: JsonValue | null): Result<void, Failure> =>
    store.transaction<void, Failure>((db) => {
      if (value === null) dropSetting(db, key);
      else setSetting(db, key, value);
      return ok(undefined);
    });

  return {
    primary,
    others,
    known,
    put: (connection, secret) => {
      const written = secrets.write(secretIdOf(connection.id), secret);
      if (!written.ok) return written;
      if (connection.id === primaryId) return write(primaryKey, document(connection));
      const kept = others();
      const list = kept.some(({ id }) => id === connection.id)
        ? kept.map((one) => (one.id === connection.id ? connection : one))
        : [...kept, connection];
      return write(othersKey, list.map(document));
    },
    drop: (id) => {
      const dropped =
        id === primaryId
          ? write(primaryKey, null)
          : write(othersKey, others().filter((one) => one.id !== id).map(document)); // prettier-ignore
      return dropped.ok ? secrets.remove(secretIdOf(id)) : dropped;
    },
    secret: (id) => {
      const moved = id === primaryId ? moveTokenFile(profile.dir, secrets, secretIdOf(id)) : ok(undefined);
      return moved.ok ? secrets.read(secretIdOf(id)) : moved;
    },
    learn: (said) => {
      const before = known();
      const about = { ...said, region: regionOf(said, before) };
      if (before.some((one) => JSON.stringify(one) === JSON.stringify(about))) return;
      const rest = before.filter(({ workspaceId }) => workspaceId !== about.workspaceId);
      write(knownKey, [...rest, about].slice(-mostConnections * 5));
    },
  };
};

/** Id in the secret store. The primary one had the only secret once, under this name. */
export const secretIdOf = (id: string): string => (id === primaryId ? 'workspace' : id);

const document = ({ id, name, host, port, httpPath, auth, network }: SavedConnection): JsonObject => ({
  id,
  name,
  host,
  port,
  httpPath,
  auth,
  network: { ...network },
});
const isList = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);
const listOf = (value: JsonValue | undefined): readonly JsonValue[] => (isList(value) ? value : []);

const addressOf = (value: JsonValue | undefined, id: string): SavedConnection | null => {
  if (!isJsonObject(value)) return null;
  const { host, port, httpPath, name, auth, network } = value;
  return typeof host === 'string' && typeof port === 'number' && typeof httpPath === 'string'
    ? {
        id,
        host,
        port,
        httpPath,
        name: typeof name === 'string' && name !== '' ? name : host,
        auth: authKinds.find((kind) => kind === auth) ?? 'pat',
        network: networkIn(network),
      }
    : null;
};
