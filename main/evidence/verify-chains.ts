import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import { isOrgLog, zeroHash, type LogId } from '../../shared/domain/ids.ts';
import { sha256Url } from '../log/digest.ts';
import { clearText, lineHash, lineLimit, parseLine } from '../log/line.ts';
import type { WireEvent } from '../log/port.ts';
import { deviceIdOf, verifyEvent } from '../log/signature.ts';
import { collectFindings, type Findings } from './finding.ts';
import { bytesOf } from './pack-file.ts';
import { byPath, disclosuresFile, streamFile, streamPlace } from './paths.ts';
import type { FoundFile } from './verify-bag.ts';

/** One stream as it was found: every hash, so that what others saw of it can be compared. */
export type FoundStream = {
  readonly path: string;
  readonly org: boolean;
  readonly dev: string;
  readonly log: LogId | null;
  readonly hashes: readonly string[];
  readonly last: EventLine | null;
  /** False when a line broke the chain; what follows it was not read. */
  readonly whole: boolean;
};
export type FoundLog = {
  readonly streams: readonly FoundStream[];
  /** The events again, the organisation's first, each with the disclosures that are here. */
  readonly events: () => Iterable<WireEvent>;
};

/** Lines of a file without their line feeds; `whole` false when the last one does not end or one is enormous. */
function* rawLines(file: FoundFile, limit: number): Generator<{ readonly text: string; readonly whole: boolean }> {
  let held = Buffer.alloc(0);
  for (const piece of file.entry.chunks()) {
    held = Buffer.concat([held, bytesOf(piece)]);
    let from = 0;
    for (let at = held.indexOf(10, from); at >= 0; at = held.indexOf(10, from)) {
      yield { text: held.toString('utf8', from, at), whole: true };
      from = at + 1;
    }
    held = held.subarray(from);
    if (held.length > limit) {
      yield { text: '', whole: false };
      return;
    }
  }
  if (held.length > 0) yield { text: held.toString('utf8'), whole: false };
}

type Sig = { readonly seq: unknown; readonly hash: unknown; readonly sig: string };
const parseSig = (text: string): Sig | null => {
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { seq, hash, sig } = parsed.value;
  return typeof sig === 'string' ? { seq, hash, sig } : null;
};

type Walked = { readonly line: EventLine; readonly text: string; readonly hash: string; readonly sig: string };

/** Walk a stream line by line as long as everything holds; the first thing that does not is named and ends the walk. */
function* walk(
  files: ReadonlyMap<string, FoundFile>,
  path: string,
  dev: string,
  findings: Findings,
  signatures = true,
): Generator<Walked, boolean> {
  const file = files.get(path);
  if (!file) return false;
  const sigs = files.get(path.replace('.chain.', '.sigs.'));
  const sigLines = sigs ? rawLines(sigs, 4096) : null;
  let prev: string = zeroHash;
  let seq = 0;
  let pub = '';
  for (const { text, whole } of rawLines(file, lineLimit + 1024)) {
    seq += 1;
    const stop = (what: Parameters<Findings['add']>[0], says: string): false => {
      findings.add(what, `${path} line ${seq}`, says);
      return false;
    };
    const parsed = parseLine(text);
    if (!whole || !parsed.ok)
      return stop('bad-line', `It is no line of the log: ${parsed.ok ? 'it does not end' : parsed.error}.`);
    const line = parsed.value;
    if (line.dev !== dev) return stop('bad-device', 'It belongs to another device than the file.');
    if (line.seq !== seq || line.prev !== prev)
      return stop('broken-chain', `It does not continue line ${seq - 1}: a line was changed, removed, added or moved.`);
    const hash = lineHash(text);
    if (seq === 1) {
      pub = clearText(line.c, 'pub') ?? '';
      if (line.type !== 'stream.opened' || deviceIdOf(pub) !== dev)
        return stop('bad-device', 'The stream does not begin with the key whose hash is the device.');
    }
    const next = sigLines?.next();
    const sig = next === undefined || next.done === true ? null : parseSig(next.value.text);
    if (sig === null || sig.seq !== seq)
      return stop('bad-event-signature', 'The device’s signature of this event is missing.');
    if (sig.hash !== hash || (signatures && !verifyEvent(pub, hash, sig.sig)))
      return stop(
        'bad-event-signature',
        'It is not the event that the device signed: the line or its signature was changed.',
      );
    yield { line, text, hash, sig: sig.sig };
    prev = hash;
  }
  if (sigLines && sigLines.next().done !== true) {
    findings.add(
      'cut-tail',
      path,
      `Signatures of later events are here, the events are not: the tail behind ${seq} was cut.`,
    );
    return false;
  }
  return true;
}

const readStream = (
  files: ReadonlyMap<string, FoundFile>,
  path: string,
  place: { readonly org: boolean; readonly dev: string },
  digests: Set<string>,
  each: (line: EventLine) => void,
  findings: Findings,
): FoundStream => {
  const hashes: string[] = [];
  let last: EventLine | null = null;
  let log: LogId | null = null;
  const lines = walk(files, path, place.dev, findings);
  let next = lines.next();
  for (; next.done !== true; next = lines.next()) {
    const { line, hash } = next.value;
    hashes.push(hash);
    last = line;
    log ??= line.log;
    if (line.log !== log || isOrgLog(line.log) !== place.org)
      findings.add('bad-line', `${path} line ${line.seq}`, 'It belongs to another log than the file.');
    for (const digest of line._sd) digests.add(digest);
    each(line);
  }
  return { path, ...place, log, hashes, last, whole: next.value };
};

const readDisclosures = (
  files: ReadonlyMap<string, FoundFile>,
  digests: ReadonlySet<string>,
  findings: Findings,
): ReadonlyMap<string, string> => {
  const told = new Map<string, string>();
  const file = files.get(disclosuresFile);
  let number = 0;
  for (const { text } of file ? rawLines(file, 1024 * 1024) : []) {
    number += 1;
    const parsed = parseJson(text);
    const d = parsed.ok && isJsonObject(parsed.value) ? parsed.value['d'] : undefined;
    const digest = typeof d === 'string' ? sha256Url(d) : '';
    if (typeof d !== 'string' || !digests.has(digest))
      findings.add(
        'unknown-disclosure',
        `${disclosuresFile} line ${number}`,
        'No line of the log has its digest: it was changed or added.',
      );
    else told.set(digest, d);
  }
  return told;
};

/** Chains, signatures and disclosures of a pack. `each` sees every line that holds. */
export const checkChains = (
  files: ReadonlyMap<string, FoundFile>,
  each: (line: EventLine) => void,
  findings: Findings,
): FoundLog => {
  const digests = new Set<string>();
  const places = [...files.keys()].sort(byPath).flatMap((path) => {
    const place = streamPlace(path);
    return place?.kind === 'chain' ? [{ path, ...place }] : [];
  });
  // The organisation first, as the writer does: who may do what is known before it is judged.
  const ordered = [...places.filter(({ org }) => org), ...places.filter(({ org }) => !org)];
  const streams = ordered.map(({ path, org, dev }) => readStream(files, path, { org, dev }, digests, each, findings));
  for (const path of files.keys()) {
    const place = streamPlace(path);
    if (place?.kind === 'sigs' && !files.has(streamFile(place.org, place.dev, 'chain')))
      findings.add('missing-file', path.replace('.sigs.', '.chain.'), 'Signatures are here, the chain is not.');
  }
  for (const org of [true, false]) {
    const logs = new Set(streams.flatMap((stream) => (stream.org === org && stream.log !== null ? [stream.log] : [])));
    if (logs.size > 1) findings.add('bad-line', 'data/20-timeline', 'Streams of several logs are mixed.');
  }
  // Behind a broken line digests are unknown: their disclosures are not blamed for it.
  const whole = streams.every((stream) => stream.whole);
  const told = readDisclosures(files, digests, whole ? findings : collectFindings());
  return {
    streams,
    *events() {
      for (const { path, dev } of streams) {
        // What is wrong was named by the first walk.
        for (const { line, text, sig } of walk(files, path, dev, collectFindings(), false))
          yield { line: text, sig, d: line._sd.flatMap((digest) => told.get(digest) ?? []) };
      }
    },
  };
};
