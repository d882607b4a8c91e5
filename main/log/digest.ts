import { hash as digest } from 'node:crypto';

/** sha256 of UTF-8 text in lower-case hex. */
export const sha256Hex = (text: string): string => digest('sha256', text, 'hex');

/** sha256 of UTF-8 text, base64url without padding. */
export const sha256Url = (text: string): string => digest('sha256', text, 'base64url');

export const toBase64Url = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
