import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { failure, type Failure, thrownText } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';

/** The part of Electron's safeStorage that is used: the asynchronous one, and the name of the provider. */
export type SafeStorage = {
  readonly isEncryptionAvailable: () => boolean;
  readonly isAsyncEncryptionAvailable?: () => Promise<boolean>;
  readonly encryptStringAsync?: (plain: string) => Promise<Buffer>;
  readonly decryptStringAsync?: (
    wrapped: Buffer,
  ) => Promise<{ readonly shouldReEncrypt: boolean; readonly result: string }>;
  readonly getSelectedStorageBackend?: () => string;
};

/**
 * Can the system keyring of this session be trusted with a key? On Linux `basic_text` is a fixed password and `unknown` a
 * fallback, and Electron says "available" for both (facts/security.md 1): those count as a file.
 */
export const isRealKeyring = (platform: string, storage: SafeStorage): boolean => {
  if (storage.encryptStringAsync === undefined || storage.decryptStringAsync === undefined) return false;
  if (platform !== 'linux') return storage.isEncryptionAvailable();
  const backend = storage.getSelectedStorageBackend?.() ?? 'unknown';
  return storage.isEncryptionAvailable() && ['gnome_libsecret', 'kwallet', 'kwallet5', 'kwallet6'].includes(backend);
};

/**
 * The 32 bytes (base64) that wrap the profile's device key, kept in `keyring.key` wrapped by the system keyring; made on first use.
 * Null where the keyring is not a real one and no such file exists. A file that cannot be unwrapped is a failure and is left
 * alone: the keyring may be locked, and what it wraps is the identity of this device.
 */
export const keyringKey = async (
  path: string,
  platform: string,
  storage: SafeStorage,
): Promise<Result<string | null, Failure>> => {
  const real = isRealKeyring(platform, storage);
  const there = existsSync(path);
  if (!real) return there ? err(locked('the system keyring is not available in this session')) : ok(null);
  try {
    if (there) {
      const opened = await storage.decryptStringAsync?.(readFileSync(path));
      const key = Buffer.from(opened?.result ?? '', 'base64url');
      if (key.length !== 32) return err(locked('it does not hold a key of 32 bytes'));
      if (opened?.shouldReEncrypt === true) await write(path, key, storage);
      return ok(key.toString('base64'));
    }
    const key = randomBytes(32);
    await write(path, key, storage);
    return ok(key.toString('base64'));
  } catch (thrown) {
    return err(locked(thrownText(thrown)));
  }
};

const write = async (path: string, key: Uint8Array, storage: SafeStorage): Promise<void> => {
  const wrapped = await storage.encryptStringAsync?.(Buffer.from(key).toString('base64url'));
  if (wrapped === undefined) throw new Error('the keyring did not answer');
  writeFileSync(`${path}.new`, wrapped, { mode: 0o600 });
  renameSync(`${path}.new`, path);
};

const locked = (why: string): Failure<'KeyringLocked'> =>
  failure(
    'KeyringLocked',
    'The key of this device is protected by the system keyring, which did not open it.',
    'The key and all data were left as they are.',
    'Unlock the keyring (sign in to the desktop as usual), then start Breakwater again.',
    why.slice(0, 200),
  );
