import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../shared/base/assert.ts';
import { type Failure, failure, thrownText } from '../../shared/base/failure.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { KeyProtection } from '../../shared/domain/vocabulary.ts';
import { storeFailureOf } from '../store/failures.ts';
import { syncFolder, writeAtomically } from '../store/files.ts';
import { makePassphrase, openPassphrase, passphraseFailures } from './passphrase.ts';
import { seal, secretsKey, unseal } from './seal.ts';

/**
 * Tokens, refresh tokens and client secrets of connections, one file an id below `<profile>/secrets`, mode 0600. The first line
 * names how a file is protected: `keyring` and `passphrase` are AES-256-GCM with the id as associated data, `file` is plain
 * and written only where neither exists and a person accepted that. Nothing is ever deleted because it could not be opened.
 */
export type SecretStore = {
  /** How the next secret is written; `locked`: a passphrase protects them and was not given in this session. */
  readonly state: () => { readonly protection: KeyProtection; readonly locked: boolean };
  /** Null when there is none. Failures: SecretsLocked, KeyringMissing, SecretUnreadable. */
  readonly read: (id: string) => Result<JsonObject | null, Failure>;
  /** Durable when it returns. Failures: SecretsLocked, and those of the disk. */
  readonly write: (id: string, secret: JsonObject) => Result<void, Failure>;
  readonly remove: (id: string) => Result<void, Failure>;
  /** Give the passphrase, once a session. Failures: WrongPassphrase. */
  readonly unlock: (passphrase: string) => Promise<Result<void, Failure>>;
  /** Choose a passphrase where there is no keyring and none yet; what lies here in plain is wrapped at once. */
  readonly protect: (passphrase: string) => Promise<Result<void, Failure>>;
};

const mark = 'breakwater-secret-1 ';
const idForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$/;

/**
 * The secrets of a profile. `keyring`: the key of 32 bytes that the shell got from the system's keyring; null = there is none.
 * `onlyLooks`: what lies here in plain stays as it is, for somebody who changes nothing.
 */
export const openSecrets = (profileDir: string, keyring: Uint8Array | null, onlyLooks = false): SecretStore => {
  const dir = join(profileDir, 'secrets');
  const passphraseFile = join(dir, 'passphrase.json');
  const fileOf = (id: string): string => {
    assert(idForm.test(id), 'an id of a secret is a plain word');
    return join(dir, `${id}.secret`);
  };
  const ringKey = keyring === null ? null : secretsKey(keyring);
  let phraseKey: Uint8Array | null = null;

  const protection = (): KeyProtection =>
    ringKey !== null ? 'keyring' : phraseKey !== null || existsSync(passphraseFile) ? 'passphrase' : 'file';

  const write = (id: string, secret: JsonObject): Result<void, Failure> => {
    const how = protection();
    const key = how === 'keyring' ? ringKey : how === 'passphrase' ? phraseKey : null;
    if (how !== 'file' && key === null) return err(locked);
    const text = JSON.stringify(secret);
    const body = key === null ? text : seal(key, id, text);
    return onDisk(dir, () => {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      writeAtomically(fileOf(id), `${mark}${how}\n${body}\n`, 0o600);
    });
  };

  const read = (id: string): Result<JsonObject | null, Failure> => {
    const path = fileOf(id);
    if (!existsSync(path)) return ok(null);
    try {
      const [head = '', ...lines] = readFileSync(path, 'utf8').split('\n');
      const how = head.startsWith(mark) ? head.slice(mark.length) : '';
      const body = lines.join('\n').trim();
      if (how === 'keyring' && ringKey === null) return err(keyringMissing);
      if (how === 'passphrase' && phraseKey === null) return err(locked);
      const key = how === 'keyring' ? ringKey : how === 'passphrase' ? phraseKey : null;
      const text = how === 'file' ? body : key === null ? null : unseal(key, id, body);
      const parsed = text === null ? null : parseJson(text);
      if (parsed === null || !parsed.ok || !isJsonObject(parsed.value))
        return err(unreadable(path, 'its form is unknown'));
      return ok(parsed.value);
    } catch (thrown) {
      return err(storeFailureOf(thrown, path) ?? unreadable(path, thrownText(thrown)));
    }
  };

  /** Whatever can be opened and is protected less than it could be is written anew. */
  const wrapAll = (): Result<void, Failure> => {
    const ids = existsSync(dir) ? readdirSync(dir).flatMap((name) => /^(.+)\.secret$/.exec(name)?.[1] ?? []) : [];
    for (const id of ids) {
      const path = fileOf(id);
      if (!readFileSync(path, 'utf8').startsWith(`${mark}file\n`)) continue;
      chmodSync(path, 0o600);
      const plain = read(id);
      if (!plain.ok) return plain;
      const wrapped = plain.value === null ? ok(undefined) : write(id, plain.value);
      if (!wrapped.ok) return wrapped;
    }
    return ok(undefined);
  };
  // A keyring that is there now protects what was written without one.
  if (ringKey !== null && !onlyLooks) wrapAll();

  return {
    state: () => ({ protection: protection(), locked: protection() === 'passphrase' && phraseKey === null }),
    read,
    write,
    remove: (id) =>
      onDisk(dir, () => {
        if (!existsSync(fileOf(id))) return;
        rmSync(fileOf(id));
        syncFolder(dir);
      }),
    unlock: async (passphrase) => {
      if (!existsSync(passphraseFile)) return err(passphraseFailures.none);
      const opened = await openPassphrase(readFileSync(passphraseFile, 'utf8'), passphrase);
      if (!opened.ok) return opened;
      phraseKey = opened.value;
      return onlyLooks ? ok(undefined) : wrapAll();
    },
    protect: async (passphrase) => {
      if (protection() !== 'file') return err(passphraseFailures.alreadyProtected);
      const made = await makePassphrase(passphrase);
      if (!made.ok) return made;
      const written = onDisk(dir, () => {
        mkdirSync(dir, { recursive: true, mode: 0o700 });
        writeAtomically(passphraseFile, made.value.file, 0o600);
      });
      if (!written.ok) return written;
      phraseKey = made.value.key;
      return wrapAll();
    },
  };
};

const onDisk = (path: string, work: () => void): Result<void, Failure> => {
  try {
    work();
    return ok(undefined);
  } catch (thrown) {
    const named = storeFailureOf(thrown, path);
    if (named === null) throw thrown;
    return err(named);
  }
};

const kept = 'Everything was left as it is; rooms and cached facts stay usable.';
const locked: Failure<'SecretsLocked'> = failure(
  'SecretsLocked',
  'The sign-in of this workspace is protected by your passphrase, which was not given in this session.',
  kept,
  'Enter the passphrase under Settings, Connection. It is asked for once a start and never stored.',
);
const keyringMissing: Failure<'KeyringMissing'> = failure(
  'KeyringMissing',
  'The sign-in of this workspace is protected by the system keyring, which only the desktop window of this user can open.',
  kept,
  'Start the desktop window, or sign in again here.',
);
const unreadable = (path: string, why: string): Failure<'SecretUnreadable'> =>
  failure('SecretUnreadable', `The stored sign-in ${path} cannot be opened: ${why}.`, kept, 'Sign in again.');
