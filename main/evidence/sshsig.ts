import { createHash, createPublicKey, verify } from 'node:crypto';
import { deviceIdOf } from '../log/signature.ts';

/**
 * SSHSIG signatures over a device's Ed25519 key, as `ssh-keygen -Y sign` writes and `ssh-keygen -Y verify` reads them
 * (PROTOCOL.sshsig of OpenSSH), so that an auditor needs no program of ours.
 */
export const packNamespace = 'evidence-pack@breakwater';
const keyType = 'ssh-ed25519';
const magic = Buffer.from('SSHSIG');

/** SSH wire format: a 32-bit length, then the bytes. */
const field = (value: string | Uint8Array): Buffer => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** Public key in SSH wire format. `pub`: raw 32 bytes, base64url. */
export const sshKeyBlob = (pub: string): Buffer =>
  Buffer.concat([field(keyType), field(Buffer.from(pub, 'base64url'))]);

/** Fingerprint as `ssh-keygen -l` prints it. */
export const fingerprintOf = (pub: string): string =>
  `SHA256:${createHash('sha256').update(sshKeyBlob(pub)).digest('base64').replace(/=+$/, '')}`;

const signedBytes = (message: Uint8Array): Buffer =>
  Buffer.concat([
    magic, field(packNamespace), field(''), field('sha512'), field(createHash('sha512').update(message).digest()),
  ]); // prettier-ignore

const armour = (blob: Uint8Array): string => {
  const lines =
    Buffer.from(blob)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
};

const blobOf = (pub: string, signature: Uint8Array): Buffer => {
  const version = Buffer.alloc(4);
  version.writeUInt32BE(1);
  return Buffer.concat([
    magic, version, field(sshKeyBlob(pub)), field(packNamespace), field(''), field('sha512'),
    field(Buffer.concat([field(keyType), field(signature)])),
  ]); // prettier-ignore
};

/** Sign bytes for the pack's namespace; the text of the `.sig` file. */
export const signForPack = (
  signer: { readonly pub: string; readonly sign: (message: Uint8Array) => Uint8Array },
  message: Uint8Array,
): string => armour(blobOf(signer.pub, signer.sign(signedBytes(message))));

export type PackSignature = {
  /** Raw Ed25519 public key, base64url. */
  readonly pub: string;
  /** The device whose key this is (event-format section 1). */
  readonly dev: string;
  readonly valid: boolean;
};

/**
 * Read and check a `.sig` file. Null when it is no Ed25519 SSHSIG of the pack's namespace, or is written in another way
 * than it would be here: of one signature there is one text.
 */
export const readPackSignature = (text: string, message: Uint8Array): PackSignature | null => {
  const body = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n$/.exec(text)?.[1];
  if (body === undefined || text.length > 4000) return null;
  const blob = Buffer.from(body.replaceAll('\n', ''), 'base64');
  const keyAt = magic.length + 4 + 4 + field(keyType).length + 4;
  const signature = blob.subarray(-64);
  const pub = blob.subarray(keyAt, keyAt + 32).toString('base64url');
  const dev = deviceIdOf(pub);
  if (dev === null || signature.length !== 64 || armour(blobOf(pub, signature)) !== text) return null;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: pub }, format: 'jwk' });
  return { pub, dev, valid: verify(null, signedBytes(message), key, signature) };
};

/** Who signs, as an OpenSSH principal: the person and the device. */
export const principalOf = (actor: string, dev: string): string => `${actor}/${dev}`;

/** A line of an OpenSSH `allowed_signers` file, with its line feed. */
export const signersLine = (principal: string, pub: string): string =>
  `${principal} namespaces="${packNamespace}" ${keyType} ${sshKeyBlob(pub).toString('base64')}\n`;

export type AllowedSigner = {
  readonly principal: string;
  readonly pub: string;
  readonly after: string | null;
  readonly before: string | null;
};

/** Words of a line; blanks inside quotes belong to the word, as in OpenSSH. */
const wordsOf = (line: string): readonly string[] => {
  const words: string[] = [];
  let word = '';
  let quoted = false;
  for (const char of line) {
    if (char === '"') quoted = !quoted;
    if (!quoted && (char === ' ' || char === '\t')) {
      if (word !== '') words.push(word);
      word = '';
    } else word += char;
  }
  return word === '' ? words : [...words, word];
};

/** Principal, options, key of a line with an Ed25519 key: options stand between the principal and the key's type. */
const partsOf = (line: string): readonly [principal: string, options: string, key: string] => {
  const [principal = '', ...rest] = wordsOf(line);
  const at = rest.indexOf(keyType);
  return at === 0 || at === 1 ? [principal, at === 1 ? (rest[0] ?? '') : '', rest[at + 1] ?? ''] : ['', '', ''];
};

const option = (options: string, name: string): string | null =>
  new RegExp(`(?:^|,)${name}="([^"]*)"`, 'i').exec(options)?.[1] ?? null;

const namespaceFits = (options: string): boolean => {
  const namespaces = option(options, 'namespaces');
  return namespaces === null || namespaces.split(',').some((name) => name === packNamespace || name === '*');
};

/**
 * Read an `allowed_signers` file: Ed25519 keys that may sign packs. Lines of other key types, other namespaces and
 * certificate authorities are counted as `skipped`: they cannot vouch for a pack here.
 */
export const parseSigners = (
  text: string,
): { readonly signers: readonly AllowedSigner[]; readonly skipped: number } => {
  const signers: AllowedSigner[] = [];
  let skipped = 0;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [principal, options, key] = partsOf(line);
    const blob = Buffer.from(key, 'base64');
    const pub = blob.subarray(-32).toString('base64url');
    const usable =
      blob.length === 51 && sshKeyBlob(pub).equals(blob) && namespaceFits(options) && !/cert-authority/i.test(options);
    if (usable)
      signers.push({ principal, pub, after: option(options, 'valid-after'), before: option(options, 'valid-before') });
    else skipped += 1;
  }
  return { signers, skipped };
};

/** OpenSSH's YYYYMMDD[HHMM[SS]][Z] as RFC 3339 UTC, or null. Without Z OpenSSH means local time; a day apart at most. */
const sshTime = (text: string): string | null => {
  const digits = text.replace(/Z$/, '');
  if (!/^\d+$/.test(digits) || ![8, 12, 14].includes(digits.length)) return null;
  const [y, mo, d, h, mi, s] = [[0, 4], [4, 6], [6, 8], [8, 10], [10, 12], [12, 14]].map(([from, to]) =>
    digits.padEnd(14, '0').slice(from, to),
  ); // prettier-ignore
  return `${y}-${mo}-${d}T${h}:${mi}:${s}.000Z`;
};

/** True when a signer's validity covers a moment. A limit that cannot be read does not hold. */
export const signerCovers = (signer: AllowedSigner, at: string): boolean => {
  const after = signer.after === null ? '0000' : sshTime(signer.after);
  const before = signer.before === null ? '9999' : sshTime(signer.before);
  return after !== null && before !== null && after <= at && at < before;
};
