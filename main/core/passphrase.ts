import { randomBytes, scrypt } from 'node:crypto';
import { type Failure, failure } from '../../shared/base/failure.ts';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { seal, unsealBytes } from './seal.ts';

/**
 * A passphrase protects a random key of 32 bytes, and that key the secrets: `passphrase.json` holds salt, cost and the wrapped
 * key, nothing of the passphrase. scrypt and not Argon2id, because Electron's BoringSSL has no Argon2.
 */
const cost = { N: 2 ** 17, r: 8, p: 1 };
/** A file that asks for more is damaged or hostile: 1 GiB. */
const mostMemory = 1024 * 1024 * 1024;
const context = 'breakwater passphrase 1';
const shortest = 10;

const derive = (passphrase: string, salt: Uint8Array, { N, r, p }: typeof cost): Promise<Uint8Array> =>
  new Promise((resolve, reject) =>
    // Typed on different keyboards the same letter may come composed or not.
    scrypt(passphrase.normalize('NFKC'), salt, 32, { N, r, p, maxmem: 2 * 128 * N * r }, (thrown, key) =>
      thrown === null ? resolve(key) : reject(thrown),
    ),
  );

/** A new key under this passphrase, and the text of the file that keeps it. Failure: PassphraseTooShort. */
export const makePassphrase = async (
  passphrase: string,
): Promise<Result<{ readonly file: string; readonly key: Uint8Array }, Failure>> => {
  if ([...passphrase].length < shortest) return err(passphraseFailures.tooShort);
  const [salt, key] = [randomBytes(16), randomBytes(32)];
  const wrapped = seal(await derive(passphrase, salt, cost), context, key);
  return ok({
    key,
    file: `${JSON.stringify({ kdf: 'scrypt', ...cost, salt: salt.toString('base64url'), wrapped })}\n`,
  });
};

/** The key again. Failures: WrongPassphrase; PassphraseFileDamaged. Nothing is changed on either. */
export const openPassphrase = async (file: string, passphrase: string): Promise<Result<Uint8Array, Failure>> => {
  const parsed = parseJson(file);
  const fields = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  const { kdf, N, r, p, salt, wrapped } = fields;
  if (
    kdf !== 'scrypt' || typeof N !== 'number' || typeof r !== 'number' || typeof p !== 'number' ||
    typeof salt !== 'string' || typeof wrapped !== 'string' || 128 * N * r > mostMemory
  ) return err(passphraseFailures.damaged); // prettier-ignore
  try {
    const outer = await derive(passphrase, Buffer.from(salt, 'base64url'), { N, r, p });
    return ok(unsealBytes(outer, context, wrapped));
  } catch {
    return err(passphraseFailures.wrong);
  }
};

const kept = 'Nothing was changed or deleted.';
export const passphraseFailures = {
  wrong: failure('WrongPassphrase', 'That is not the passphrase of this profile.', kept, 'Try again.'),
  tooShort: failure(
    'PassphraseTooShort',
    `A passphrase needs at least ${shortest} characters.`,
    kept,
    'Choose a longer one, such as four words.',
  ),
  none: failure(
    'NoPassphrase',
    'This profile has no passphrase.',
    kept,
    'Choose one under Settings, Connection, or go on without.',
  ),
  alreadyProtected: failure(
    'AlreadyProtected',
    'The sign-ins of this profile are protected already.',
    kept,
    'There is nothing to do.',
  ),
  damaged: failure(
    'PassphraseFileDamaged',
    'The file secrets/passphrase.json of this profile is damaged.',
    kept,
    'Restore it from a backup of the profile folder, or sign in again after moving the folder "secrets" away.',
  ),
} as const satisfies Readonly<Record<string, Failure>>;
