import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { isInstant } from '../../shared/base/time.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import { isActorId, isDeviceId, isEventHash, isLogId, type EventHash } from '../../shared/domain/ids.ts';
import { sha256Hex } from './digest.ts';
import { unambiguousJson } from './strict-json.ts';

/** Limits of event format 1, in bytes of UTF-8. */
export const lineLimit = 32 * 1024;
export const disclosureLimit = 256 * 1024;
/** More disclosures than this on one event are no event of ours: a line of 32 KiB has room for 700 digests. */
export const disclosureCountLimit = 1000;

/** `enc1.<key_id>.<nonce>.<ciphertext>`: kept, counted and forwarded by whoever lacks the key. */
const sealedPattern = /^enc1\.[A-Za-z0-9_-]{1,100}\.[A-Za-z0-9_-]{1,100}\.[A-Za-z0-9_-]+$/;
export const isSealed = (text: string): boolean => text.startsWith('enc1.') && sealedPattern.test(text);

export const lineHash = (line: string): EventHash => sha256Hex(`${line}\n`) as EventHash;

/** Print a line; the order of keys is the format's. */
export const printLine = (event: EventLine): string => {
  const { bw, log, dev, seq, prev, n, hlc, at, actor, type, v, seen, over, c, _sd } = event;
  return JSON.stringify({ bw, log, dev, seq, prev, n, hlc, at, actor, type, v, seen, over, c, _sd });
};

const isDigest = (value: unknown): boolean => typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);
const isSeq = (value: unknown): boolean => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;

const isSeen = (value: JsonValue | undefined): boolean => {
  if (!isJsonObject(value)) return false;
  for (const key in value) {
    const head = value[key];
    if (!isDeviceId(key) || !Array.isArray(head) || head.length !== 2 || !isSeq(head[0]) || !isEventHash(head[1])) {
      return false;
    }
  }
  return true;
};

type Check = readonly [key: string, fits: (value: JsonValue | undefined) => boolean];
const checks: readonly Check[] = [
  ['bw', (value) => value === 1],
  ['log', isLogId],
  ['dev', isDeviceId],
  ['seq', isSeq],
  ['prev', isEventHash],
  ['n', (value) => typeof value === 'string' && /^[A-Za-z0-9_-]{22}$/.test(value)],
  ['hlc', (value) => typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)],
  ['at', isInstant],
  ['actor', isActorId],
  ['type', (value) => typeof value === 'string' && value.length > 0 && value.length <= 100],
  ['v', isSeq],
  ['seen', isSeen],
  ['over', (value) => Array.isArray(value) && value.every(isEventHash)],
  ['c', isJsonObject],
  ['_sd', (value) => Array.isArray(value) && value.every(isDigest)],
];

/** Why a line is no line of format 1, for people; or the line. Never throws, whatever the text is. */
export const parseLine = (text: string): Result<EventLine, string> => {
  // Cheap first: a UTF-16 unit is at most three bytes.
  if (text.length > lineLimit || (text.length > lineLimit / 3 && Buffer.byteLength(text) > lineLimit)) {
    return err('the line is longer than 32 KiB');
  }
  const parsed = parseJson(text);
  if (!parsed.ok) return err('the line is not JSON');
  const value = parsed.value;
  if (!isJsonObject(value)) return err('the line is not a JSON object');
  for (const [key, fits] of checks) {
    if (!Object.hasOwn(value, key) || !fits(value[key])) return err(`the line's ${key} is not what format 1 says`);
  }
  // A raw line break can only stand between tokens; it would split the line in every JSON Lines file.
  if (text.includes('\n') || text.includes('\r')) return err('the line holds a line break');
  if (!unambiguousJson(text, value)) return err('the line has a key twice or broken Unicode');
  return ok(value as unknown as EventLine);
};

/** Text of a clear field, or null. Own properties only: `c` comes from outside. */
export const clearText = (c: JsonObject, name: string): string | null => {
  const value = Object.hasOwn(c, name) ? c[name] : undefined;
  return typeof value === 'string' ? value : null;
};
