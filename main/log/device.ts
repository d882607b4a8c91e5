import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, chmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensure } from '../../shared/base/assert.ts';
import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DeviceId } from '../../shared/domain/ids.ts';
import type { KeyProtection } from '../../shared/domain/vocabulary.ts';
import { storeFailureOf } from '../store/failures.ts';
import { syncFolder, writeAtomically } from '../store/files.ts';
import type { Device } from './port.ts';
import { deviceIdOf } from './signature.ts';

/** How the key file is protected at rest. The shell hands in one over the OS keyring where that is real. */
export type KeyWrap = {
  readonly protection: KeyProtection;
  readonly wrap: (plain: Uint8Array) => Uint8Array;
  /** Throws when it cannot: the file then stays as it is. */
  readonly unwrap: (wrapped: Uint8Array) => Uint8Array;
};
export const plainFile: KeyWrap = { protection: 'file', wrap: (bytes) => bytes, unwrap: (bytes) => bytes };

/** `device.key`: Ed25519 then X25519, each PKCS#8 PEM, plain or wrapped as `breakwater-wrapped-1 <protection>\n<base64url>`. */
const wrappedMark = 'breakwater-wrapped-1 ';

const jwkText = (key: KeyObject): string =>
  ensure(createPublicKey(key).export({ format: 'jwk' }).x, 'an OKP key has x');

const deviceOf = (ed: KeyObject, kx: KeyObject, keyProtection: KeyProtection): Device => {
  const pub = jwkText(ed);
  return {
    id: ensure(deviceIdOf(pub), 'a generated key has 32 bytes') as DeviceId,
    pub,
    kx: jwkText(kx),
    keyProtection,
    sign: (message) => sign(null, typeof message === 'string' ? Buffer.from(message) : message, ed),
  };
};

const keyUnreadable = (path: string, why: string): Failure =>
  failure(
    'DeviceKeyUnreadable',
    `The device key ${path} cannot be read: ${why}.`,
    'The key file and all data were left as they are.',
    'Unlock the system keyring and start again. If the key is lost for good, move device.key away: this device then gets a new key.',
  );

const parseKeys = (pem: string, keyProtection: KeyProtection): Device | null => {
  const blocks = pem.match(/-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/g) ?? [];
  const [ed, kx] = blocks.map((block) => createPrivateKey(block));
  if (ed?.asymmetricKeyType !== 'ed25519' || kx?.asymmetricKeyType !== 'x25519') return null;
  return deviceOf(ed, kx, keyProtection);
};

/** Read the profile's key file. Failure when it is there and cannot be used; null when there is none. */
export const readDevice = (path: string, wrap: KeyWrap): Result<Device | null, Failure> => {
  if (!existsSync(path)) return ok(null);
  try {
    // A key that others may read is made private again before use; mode means nothing on Windows.
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    const text = readFileSync(path, 'utf8');
    if (!text.startsWith(wrappedMark)) {
      const device = parseKeys(text, 'file');
      return device ? ok(device) : err(keyUnreadable(path, 'it does not hold an Ed25519 and an X25519 key'));
    }
    const [head = '', body = ''] = text.split('\n');
    if (head.slice(wrappedMark.length) !== wrap.protection) {
      return err(
        keyUnreadable(path, `it is protected by ${head.slice(wrappedMark.length)}, which is not available here`),
      );
    }
    const plain = Buffer.from(wrap.unwrap(Buffer.from(body, 'base64url'))).toString('utf8');
    const device = parseKeys(plain, wrap.protection);
    return device ? ok(device) : err(keyUnreadable(path, 'what it holds is not an Ed25519 and an X25519 key'));
  } catch (thrown) {
    return err(storeFailureOf(thrown, path) ?? keyUnreadable(path, thrownText(thrown)));
  }
};

/** Make a new key and write it so that it is there whole or not at all. An existing file must be moved away first. */
export const createDevice = (path: string, wrap: KeyWrap): Result<Device, Failure> => {
  const ed = generateKeyPairSync('ed25519').privateKey;
  const kx = generateKeyPairSync('x25519').privateKey;
  const pem = [ed, kx].map((key) => key.export({ type: 'pkcs8', format: 'pem' })).join('');
  const text =
    wrap.protection === 'file'
      ? pem
      : `${wrappedMark}${wrap.protection}\n${Buffer.from(wrap.wrap(Buffer.from(pem))).toString('base64url')}\n`;
  try {
    writeAtomically(path, text, 0o600);
  } catch (thrown) {
    const named = storeFailureOf(thrown, path);
    if (named === null) throw thrown;
    return err(named);
  }
  return ok(deviceOf(ed, kx, wrap.protection));
};

/**
 * Put the key file aside and make a new one. The former key is kept in `retiredDir`: room keys may be wrapped to its kx,
 * and it can vouch for its successor, but nothing signs events with it again.
 */
export const replaceDevice = (
  path: string,
  retiredDir: string,
  former: Device,
  wrap: KeyWrap,
): Result<Device, Failure> => {
  try {
    mkdirSync(retiredDir, { recursive: true, mode: 0o700 });
    renameSync(path, join(retiredDir, `${former.id}.key`));
    syncFolder(retiredDir);
    syncFolder(dirname(path));
  } catch (thrown) {
    const named = storeFailureOf(thrown, path);
    if (named === null) throw thrown;
    return err(named);
  }
  return createDevice(path, wrap);
};
