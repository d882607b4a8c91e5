import { createHash } from 'node:crypto';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import {
  isDeviceId, isEventHash, isLogId,
  type DeviceId, type EventHash, type LogId,
} from '../../shared/domain/ids.ts'; // prettier-ignore
import { isSealed, lineHash } from '../log/line.ts';
import type { PlaceProblemTag, SharedEvent } from './port.ts';

/**
 * A segment (event-format section 6): one header line, then JSON Lines of `{"line","d","sig"}` of one stream, `from`..`to`
 * without holes. Its name holds the range and the sha256 of all its bytes, so half a file can never pass for a whole one.
 */
export type SegmentHeader = {
  readonly log: LogId;
  readonly dev: DeviceId;
  readonly from: number;
  readonly to: number;
};
export type Segment = SegmentHeader & {
  readonly events: readonly SharedEvent[];
  readonly hashes: readonly EventHash[];
};
export type SegmentProblem = { readonly tag: PlaceProblemTag; readonly reason: string };
export type SegmentName = { readonly from: number; readonly to: number; readonly sha256: string };

/** A push carries at most 1,000 events or 4 MiB, plus one event that is larger alone: nothing honest is larger than this. */
export const maxSegmentBytes = 32 * 1024 * 1024;
const maxEventsPerSegment = 100_000;

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

const namePattern = /^(\d{1,15})-(\d{1,15})-([0-9a-f]{64})\.jsonl$/;

/** Parts of a segment's file name, or null when it is none. */
export const segmentName = (file: string): SegmentName | null => {
  const match = namePattern.exec(file);
  if (!match) return null;
  const [, from = '', to = '', digest = ''] = match;
  const name = { from: Number(from), to: Number(to), sha256: digest };
  return name.from >= 1 && name.to >= name.from ? name : null;
};

/** ':' is not portable in folder names; the id's grammar allows only one, so '-' reads back without doubt. */
export const logFolder = (log: LogId): string => log.replace(':', '-');

/** Bytes and file name of a segment. `events` are consecutive from `from`; at least one. */
export const encodeSegment = (
  log: LogId,
  dev: DeviceId,
  from: number,
  events: readonly SharedEvent[],
): { readonly file: string; readonly bytes: Buffer } => {
  const to = from + events.length - 1;
  const lines = [JSON.stringify({ bw_segment: 1, log, dev, from, to })];
  for (const { line, d, sig, copies } of events)
    // A sealed line cannot tell its own hash to whoever lacks the key.
    lines.push(JSON.stringify(copies && isSealed(line) ? { line, d, sig, hash: copies.hash } : { line, d, sig }));
  const bytes = Buffer.from(`${lines.join('\n')}\n`, 'utf8');
  return { file: `${String(from)}-${String(to)}-${sha256(bytes)}.jsonl`, bytes };
};

const problem = (tag: PlaceProblemTag, reason: string): Result<never, SegmentProblem> => err({ tag, reason });
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

const parseHeader = (text: string): SegmentHeader | null => {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value) || parsed.value['bw_segment'] !== 1) return null;
  const { log, dev, from, to } = parsed.value;
  if (!isLogId(log) || !isDeviceId(dev) || !isCount(from) || !isCount(to)) return null;
  return to >= from && to - from < maxEventsPerSegment ? { log, dev, from, to } : null;
};

const parseEvent = (text: string, header: SegmentHeader, seq: number): SharedEvent | null => {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { line, d, sig } = parsed.value;
  if (typeof line !== 'string' || line.includes('\n') || typeof sig !== 'string' || !Array.isArray(d)) return null;
  const disclosures: string[] = [];
  for (const item of d as readonly unknown[]) {
    if (typeof item !== 'string') return null;
    disclosures.push(item);
  }
  const { hash } = parsed.value;
  if (!isSealed(line)) return { line, d: disclosures, sig };
  return isEventHash(hash)
    ? { line, d: disclosures, sig, copies: { log: header.log, dev: header.dev, seq, hash } }
    : null;
};

/** What a line says about its own place in the world; null when it is no line. The log verifies the rest. */
export const lineAddress = (
  line: string,
): { readonly log: string; readonly dev: string; readonly seq: number; readonly at: string | null } | null => {
  const parsed = parseJson(line);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { log, dev, seq, at } = parsed.value;
  if (typeof log !== 'string' || typeof dev !== 'string' || typeof seq !== 'number') return null;
  return { log, dev, seq, at: typeof at === 'string' ? at : null };
};

const parseBody = (header: SegmentHeader, lines: readonly string[]): Result<Segment, SegmentProblem> => {
  const wanted = header.to - header.from + 1;
  if (lines.length < wanted)
    return problem('half-written', `the header promises ${String(wanted)} events, ${String(lines.length)} are there`);
  if (lines.length > wanted) return problem('forged', 'more events than the header says');
  const events: SharedEvent[] = [];
  const hashes: EventHash[] = [];
  for (const [index, text] of lines.entries()) {
    const seq = header.from + index;
    const event = parseEvent(text, header, seq);
    if (!event) return problem('not-a-segment', `event ${String(seq)} is not in the form {"line","d","sig"}`);
    if (event.copies) {
      events.push(event);
      hashes.push(event.copies.hash as EventHash);
      continue;
    }
    const address = lineAddress(event.line);
    if (!address) return problem('not-a-segment', `event ${String(seq)} holds no line of event format 1`);
    if (address.log !== header.log || address.dev !== header.dev)
      return problem('replayed', `event ${String(seq)} belongs to another stream than the header says`);
    if (address.seq !== seq)
      return problem('forged', `event ${String(seq)} is in the place of another: events are reordered or left out`);
    events.push(event);
    hashes.push(lineHash(event.line));
  }
  return ok({ ...header, events, hashes });
};

const splitLines = (bytes: Uint8Array): Result<readonly string[], SegmentProblem> => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return problem('not-a-segment', 'it is not UTF-8 text');
  }
  if (!text.endsWith('\n')) return problem('half-written', 'the last line does not end');
  return ok(text.slice(0, -1).split('\n'));
};

/** Read one segment. `expected` holds what its name and folder say; a difference is named. Never throws. */
export const parseSegment = (
  bytes: Uint8Array,
  expected: { readonly name: SegmentName; readonly log: LogId; readonly dev: DeviceId },
): Result<Segment, SegmentProblem> => {
  if (bytes.length > maxSegmentBytes) return problem('too-large', `larger than ${String(maxSegmentBytes)} bytes`);
  if (sha256(bytes) !== expected.name.sha256)
    return problem('half-written', 'its bytes do not have the sha256 of its name: half copied, or changed afterwards');
  const lines = splitLines(bytes);
  if (!lines.ok) return lines;
  const header = parseHeader(lines.value[0] ?? '');
  if (!header) return problem('not-a-segment', 'its first line is no segment header');
  if (header.log !== expected.log || header.dev !== expected.dev)
    return problem('replayed', 'its header names another stream than the folder where it lies');
  if (header.from !== expected.name.from || header.to !== expected.name.to)
    return problem('renamed', 'its name and its header give different ranges');
  return parseBody(header, lines.value.slice(1));
};

/** Read a file that holds one segment after another (the file transport). A bad one is named, the others continue. */
export const parseSegments = (
  bytes: Uint8Array,
): { readonly segments: readonly Segment[]; readonly problems: readonly SegmentProblem[] } => {
  const lines = splitLines(bytes);
  if (!lines.ok) return { segments: [], problems: [lines.error] };
  const segments: Segment[] = [];
  const problems: SegmentProblem[] = [];
  let at = 0;
  while (at < lines.value.length) {
    const header = parseHeader(lines.value[at] ?? '');
    let next = at + 1;
    while (next < lines.value.length && !(lines.value[next] ?? '').startsWith('{"bw_segment"')) next += 1;
    if (header) {
      const segment = parseBody(header, lines.value.slice(at + 1, next));
      if (segment.ok) segments.push(segment.value);
      else problems.push({ ...segment.error, reason: `line ${String(at + 1)}: ${segment.error.reason}` });
    } else problems.push({ tag: 'not-a-segment', reason: `line ${String(at + 1)} is no segment header` });
    at = next;
  }
  return { segments, problems };
};
