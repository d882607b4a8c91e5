import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Key of the secrets below the key of the keyring, so that one key is not used for two purposes (HKDF-SHA-256). */
export const secretsKey = (keyring: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', keyring, new Uint8Array(0), 'breakwater secrets 1', 32));

/** AES-256-GCM as base64url of nonce (12), tag (16) and text. `context` is authenticated: a text belongs to one place only. */
export const seal = (key: Uint8Array, context: string, plain: string | Uint8Array): string => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const text = Buffer.concat([cipher.update(typeof plain === 'string' ? Buffer.from(plain) : plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
};

/** The bytes again. Throws when the key, the context or a single bit is another. */
export const unsealBytes = (key: Uint8Array, context: string, sealed: string): Buffer => {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
};
export const unseal = (key: Uint8Array, context: string, sealed: string): string =>
  unsealBytes(key, context, sealed).toString('utf8');
