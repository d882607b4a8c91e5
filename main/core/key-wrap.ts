import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyWrap } from '../log/device.ts';

/** The keyring's key as the start message brings it; null where there is none, or it is no key of 32 bytes. */
export const keyringBytes = (base64: string | null): Uint8Array | null => {
  const key = base64 === null ? null : Buffer.from(base64, 'base64');
  return key?.length === 32 ? key : null;
};

/**
 * The device key wrapped by a key of the operating system's keyring (AES-256-GCM: nonce 12, tag 16, text). The shell gets
 * that key from safeStorage where it is real and hands it over once at start; null = no keyring, a plain file and said so.
 */
export const keyringWrap = (key: Uint8Array): KeyWrap => {
  return {
    protection: 'keyring',
    wrap: (plain) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    unwrap: (wrapped) => {
      const bytes = Buffer.from(wrapped);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
    },
  };
};
