import { lstat, readdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { failure } from '../../shared/base/failure.ts';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { RandomBytes } from '../../shared/base/time.ts';
import { isLogId, type DeviceId, type EventHash, type LogId } from '../../shared/domain/ids.ts';
import {
  folderFailure, notThere, readPlain, scanLog, streamFolder, writeWhole, type FolderEntry,
} from './folder-files.ts'; // prettier-ignore
import type { PlaceHead, PlaceProblem, PullPage, SharedEvent, ShareFailure, Transport } from './port.ts';
import { encodeSegment, maxSegmentBytes, parseSegment, type Segment } from './segment.ts';

/** One page of a pull ends after this much; what is left comes with the next one. */
const pageEvents = 2_000;
const pageBytes = 16 * 1024 * 1024;
const metaFile = 'breakwater-share.json';

type Meta = { readonly backendId: string; readonly org: LogId };
type Summary = { readonly stamp: string; readonly dev: DeviceId; readonly from: number; readonly to: number; readonly hash: EventHash }; // prettier-ignore

const notSetUp = (place: string): ShareFailure =>
  failure(
    'ShareNotSetUp',
    `The folder ${place} is not set up for sharing.`,
    'Nothing was written to it; everything you write is saved on this device.',
    'Set it up once with `breakwater share init`, or choose the folder that the others use.',
  );
const brokenMeta = (place: string): ShareFailure =>
  failure(
    'ShareBroken',
    `The file ${metaFile} in ${place} cannot be read as the description of a share.`,
    'Breakwater writes nothing there; everything you write is saved on this device.',
    'Ask whoever set the share up to put that file back.',
  );

const parseMeta = (bytes: Buffer): Meta | null => {
  const parsed = parseJson(bytes.toString('utf8'));
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { bw_share: format, backend_id: backendId, org } = parsed.value;
  if (format !== 1 || typeof backendId !== 'string' || !/^[0-9a-f]{32}$/.test(backendId) || !isLogId(org)) return null;
  return org.startsWith('org:') ? { backendId, org } : null;
};

/** What the cursor keeps of a file that was read: 12 bytes of the digest of its stamp. */
const mark = (entry: FolderEntry): string =>
  createHash('sha256').update(entry.stamp).digest().subarray(0, 12).toString('base64url');

const parseCursor = (cursor: string | null): Set<string> | null => {
  if (cursor === null) return null;
  const parsed = parseJson(cursor);
  if (!parsed.ok || !isJsonObject(parsed.value) || parsed.value['v'] !== 1) return null;
  const seen = parsed.value['seen'];
  return typeof seen === 'string' ? new Set(seen === '' ? [] : seen.match(/.{1,16}/g)) : null;
};
const writeCursor = (seen: ReadonlySet<string>): string => JSON.stringify({ v: 1, seen: [...seen].join('') });

const asProblem = (rel: string, tag: PlaceProblem['tag'], reason: string): PlaceProblem => ({ name: rel, tag, reason });

const readSegment = async (entry: FolderEntry, log: LogId): Promise<Result<Segment, PlaceProblem>> => {
  try {
    const bytes = await readPlain(entry.path, maxSegmentBytes);
    if (bytes === 'not-a-file') return err(asProblem(entry.rel, 'not-a-file', 'a link or a special file'));
    if (bytes === 'too-large')
      return err(asProblem(entry.rel, 'too-large', `larger than ${String(maxSegmentBytes)} bytes; not read`));
    const segment = parseSegment(bytes, { name: entry.name, log, dev: entry.dev });
    return segment.ok ? segment : err(asProblem(entry.rel, segment.error.tag, segment.error.reason));
  } catch (thrown) {
    return err(asProblem(entry.rel, 'unreadable', folderFailure(thrown, entry.rel).what));
  }
};

/** Heads from what was read of each file; a hole in a stream makes `count` smaller than `seq`. */
const headsOf = (summaries: readonly Summary[]): readonly PlaceHead[] => {
  const streams = new Map<DeviceId, Summary[]>();
  for (const summary of summaries) streams.set(summary.dev, [...(streams.get(summary.dev) ?? []), summary]);
  return [...streams].map(([dev, parts]) => {
    parts.sort((a, b) => a.from - b.from || a.to - b.to);
    let count = 0;
    let covered = 0;
    let head = parts[0];
    for (const part of parts) {
      count += Math.max(0, part.to - Math.max(covered, part.from - 1));
      covered = Math.max(covered, part.to);
      if (!head || part.to > head.to) head = part;
    }
    return { dev, seq: covered, count, hash: head?.hash ?? ('' as EventHash) };
  });
};

/**
 * The folder transport: a shared drive or a folder that a sync program carries. Never locks: each device writes only below
 * its own name (`<log>/<device>/…`, copies of others' streams in `<log>/<device>/of-<other>/…`), to a temporary name
 * first. Source: event-format section 6. `writer` is this device.
 */
export const createFolderTransport = (place: string, writer: DeviceId, random: RandomBytes): Transport => {
  // What each file held when it was last read, so that heads need not read a large share again. Keyed by path.
  const summaries = new Map<string, Summary>();
  const unique = (): string => Buffer.from(random(12)).toString('hex');

  const guarded = async <T>(work: () => Promise<Result<T, ShareFailure>>): Promise<Result<T, ShareFailure>> => {
    try {
      return await work();
    } catch (thrown) {
      return err(folderFailure(thrown, place));
    }
  };

  const readMeta = async (): Promise<Result<Meta, ShareFailure>> => {
    await readdir(place);
    try {
      const bytes = await readPlain(join(place, metaFile), 64 * 1024);
      const meta = typeof bytes === 'string' ? null : parseMeta(bytes);
      return meta ? ok(meta) : err(brokenMeta(place));
    } catch (thrown) {
      if (notThere(thrown)) return err(notSetUp(place));
      throw thrown;
    }
  };

  const remember = (entry: FolderEntry, segment: Segment): void => {
    const hash = segment.hashes.at(-1);
    if (hash)
      summaries.set(entry.rel, { stamp: entry.stamp, dev: entry.dev, from: segment.from, to: segment.to, hash });
  };

  return {
    kind: 'folder',

    init: (org) =>
      guarded(async () => {
        const meta = { bw_share: 1, backend_id: Buffer.from(random(16)).toString('hex'), org };
        await readdir(place);
        await writeWhole(join(place, metaFile), Buffer.from(`${JSON.stringify(meta)}\n`), unique(), false);
        const present = await readMeta();
        if (!present.ok || present.value.org === org) return present;
        return err(
          failure(
            'ShareReplaced',
            `The folder ${place} already belongs to another organisation.`,
            'Nothing was changed there.',
            'Join it instead, or choose an empty folder.',
          ),
        );
      }),

    probe: () =>
      guarded(async () => {
        const meta = await readMeta();
        return meta.ok ? ok({ ...meta.value, incarnation: meta.value.backendId }) : meta;
      }),

    push: (log, dev, fromSeq, events) =>
      guarded(async () => {
        if (events.length === 0) return ok(undefined);
        await readdir(place); // an unplugged drive must not be replaced by a new local folder of that name
        const { file, bytes } = encodeSegment(log, dev, fromSeq, events);
        const path = join(place, streamFolder(log, writer, dev), file);
        const present = await lstat(path).catch(() => null);
        if (present?.isFile() && present.size === bytes.length) return ok(undefined);
        await writeWhole(path, bytes, unique(), true);
        return ok(undefined);
      }),

    pull: (log, cursor) =>
      guarded(async () => {
        const { entries, problems } = await scanLog(place, log);
        const marks = new Map(entries.map((entry) => [mark(entry), entry]));
        let seen = parseCursor(cursor);
        // A file that we had read is gone or changed: what the place holds must be learnt anew.
        const lost = seen !== null && [...seen].some((item) => !marks.has(item));
        const full = seen === null || lost;
        if (seen === null || lost) seen = new Set();
        const events: SharedEvent[] = [];
        const settled: string[] = [];
        let bytes = 0;
        let more = false;
        for (const [key, entry] of marks) {
          if (seen.has(key)) continue;
          if (events.length >= pageEvents || bytes >= pageBytes) {
            more = true;
            break;
          }
          const segment = await readSegment(entry, log);
          seen.add(key);
          if (segment.ok) {
            bytes += entry.size;
            remember(entry, segment.value);
            settled.push(entry.rel);
            for (const event of segment.value.events) events.push(event);
          } else problems.push(segment.error);
        }
        const page: PullPage = { events, cursor: writeCursor(seen), more, full, settled };
        return ok(problems.length > 0 ? { ...page, problems } : page);
      }),

    heads: (log) =>
      guarded(async () => {
        const { entries } = await scanLog(place, log);
        const known: Summary[] = [];
        for (const entry of entries) {
          if (summaries.get(entry.rel)?.stamp !== entry.stamp) {
            const segment = await readSegment(entry, log);
            if (segment.ok) remember(entry, segment.value);
            else summaries.delete(entry.rel);
          }
          const summary = summaries.get(entry.rel);
          if (summary?.stamp === entry.stamp) known.push(summary);
        }
        return ok(headsOf(known));
      }),

    range: (log, dev, from, to) =>
      guarded(async () => {
        const { entries } = await scanLog(place, log);
        const events: SharedEvent[] = [];
        for (const entry of entries) {
          if (entry.dev !== dev || entry.name.to < from || entry.name.from > to) continue;
          const segment = await readSegment(entry, log);
          if (segment.ok) {
            const start = Math.max(0, from - segment.value.from);
            for (const event of segment.value.events.slice(start, to - segment.value.from + 1)) events.push(event);
          }
        }
        return ok(events);
      }),

    close: () => Promise.resolve(),
  };
};
