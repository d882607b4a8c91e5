import { createHash } from 'node:crypto';
import type { Clock, RandomBytes } from '../../shared/base/time.ts';

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** UUIDv7 (RFC 9562) as 32 hex digits: 48 bits of time, version, 74 random bits. Ids of hand-opened rooms. */
export const uuidV7Hex = (clock: Clock, random: RandomBytes): string => {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(clock.now(), 0, 6);
  bytes.set(random(10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex');
};
