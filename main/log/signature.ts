import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

/** What is signed for an event (event-format section 1). */
export const signedText = (hash: string): string => `breakwater-event-1\n${hash}`;

const digestOf = (raw: Uint8Array): string => createHash('sha256').update(raw).digest('base64url');

/** Device id of a raw Ed25519 public key (base64url): base64url(sha256(key bytes)). Null when it is no 32-byte key. */
export const deviceIdOf = (pub: string): string | null => {
  if (!/^[A-Za-z0-9_-]{43}$/.test(pub)) return null;
  const raw = Buffer.from(pub, 'base64url');
  return raw.length === 32 && raw.toString('base64url') === pub ? digestOf(raw) : null;
};

const keys = new Map<string, KeyObject | null>();
const keyOf = (pub: string): KeyObject | null => {
  const known = keys.get(pub);
  if (known !== undefined) return known;
  let key: KeyObject | null;
  try {
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: pub }, format: 'jwk' });
  } catch {
    key = null;
  }
  if (keys.size > 2000) keys.clear();
  keys.set(pub, key);
  return key;
};

/** Check a text's Ed25519 signature (base64url). False for anything that is not one; never throws. */
export const verifyText = (pub: string, text: string, sig: string): boolean => {
  if (!/^[A-Za-z0-9_-]{86}$/.test(sig)) return false;
  const key = keyOf(pub);
  return key !== null && verify(null, Buffer.from(text), key, Buffer.from(sig, 'base64url'));
};

export const verifyEvent = (pub: string, hash: string, sig: string): boolean => verifyText(pub, signedText(hash), sig);
