import { isJsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import { isDeviceId, isEventHash, isLogId } from '../../shared/domain/ids.ts';
import { isSealed, lineHash, lineLimit, parseLine } from './line.ts';
import type { QuarantineTag, WireEvent } from './port.ts';
import { sha256Hex } from './digest.ts';

/** An event from outside whose shape is right; nothing is verified yet. `line` null = sealed. */
export type Candidate = {
  readonly log: string;
  readonly dev: string;
  readonly seq: number;
  readonly hash: string;
  readonly line: EventLine | null;
  readonly wire: WireEvent;
};
export type Refused = {
  readonly tag: QuarantineTag;
  readonly reason: string;
  readonly hash: string;
  readonly log: string | null;
  readonly dev: string | null;
  readonly seq: number | null;
};

const sealedLimit = 2 * lineLimit;

const copiesOf = (wire: WireEvent): { log: string; dev: string; seq: number; hash: string } | null => {
  const copies: unknown = wire.copies;
  if (!isJsonObject(copies)) return null;
  const { log, dev, seq, hash } = copies as { log?: unknown; dev?: unknown; seq?: unknown; hash?: unknown };
  if (!isLogId(log) || !isDeviceId(dev) || !isEventHash(hash)) return null;
  return typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 1 ? { log, dev, seq, hash } : null;
};

const isWire = (wire: unknown): wire is WireEvent =>
  isJsonObject(wire) &&
  typeof wire['line'] === 'string' &&
  typeof wire['sig'] === 'string' &&
  Array.isArray(wire['d']) &&
  wire['d'].every((text) => typeof text === 'string');

/** Text of whatever arrived, bounded, so that it can be kept apart. */
export const keptText = (wire: unknown): string => {
  try {
    const text = JSON.stringify(wire) ?? 'undefined';
    return text.length > 1_000_000 ? `${text.slice(0, 1_000_000)}…` : text;
  } catch {
    return 'not JSON';
  }
};

/** Look at one thing from outside; never throws, whatever it is. */
export const candidateOf = (wire: unknown): Result<Candidate, Refused> => {
  const refuse = (tag: QuarantineTag, reason: string, at?: Partial<Candidate>): Result<Candidate, Refused> =>
    err({
      tag,
      reason,
      hash: at?.hash ?? sha256Hex(keptText(wire)),
      log: at?.log ?? null,
      dev: at?.dev ?? null,
      seq: at?.seq ?? null,
    });
  if (!isWire(wire)) return refuse('malformed', 'not an event: line, d or sig is missing or of the wrong kind');
  const copies = copiesOf(wire);
  if (isSealed(wire.line)) {
    if (wire.line.length > sealedLimit) return refuse('too-large', 'the sealed line is too long');
    if (!copies) return refuse('malformed', 'a sealed line came without its log, device, number and hash');
    return ok({ ...copies, line: null, wire });
  }
  const parsed = parseLine(wire.line);
  if (!parsed.ok) {
    const tag = wire.line.length > lineLimit ? 'too-large' : 'malformed';
    return refuse(tag, parsed.error, copies ? { log: copies.log, dev: copies.dev, seq: copies.seq } : {});
  }
  const line = parsed.value;
  const { log, dev, seq } = line;
  const hash = lineHash(wire.line);
  if (wire.copies !== undefined) {
    const same = copies?.log === log && copies.dev === dev && copies.seq === seq && copies.hash === hash;
    if (!same)
      return refuse('copy-mismatch', 'the columns beside the line say something else than the line', {
        log,
        dev,
        seq,
        hash,
      });
  }
  return ok({ log, dev, seq, hash, line, wire });
};
