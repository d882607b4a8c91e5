import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant, type Clock } from '../../shared/base/time.ts';
import { isOrgLog, type LogId } from '../../shared/domain/ids.ts';
import type { EventLog, StreamHead, WireEvent } from '../log/port.ts';
import type { Views } from '../log/views-port.ts';
import { waitingFrom, waitingStreams } from '../store/apart.ts';
import { storeFailureOf } from '../store/failures.ts';
import type { ReadableDb } from '../store/port.ts';
import { bytesOf, diskFile, jsonFile, linesFile, textFile, type PackFile } from './pack-file.ts';

/**
 * Everything of a profile as open files, so that nobody needs Breakwater to get at what is theirs:
 *   index.json                     what is here, with digests to compare after an import
 *   logs/<log>/<device>.jsonl      one header line, then {"line","d","sig"} of every event, from 1 (event-format section 6)
 *   waiting.jsonl                  events that arrived before the ones they follow
 *   blobs/<aa>/<sha256>            attached files
 *   rooms/<log>.json               for reading; import does not look at them
 */
export const openFormat = { name: 'breakwater-open-export', version: 1 } as const;

export type AllDeps = {
  readonly db: ReadableDb;
  readonly log: EventLog;
  readonly views: Views;
  /** Folder of the profile's blobs. */
  readonly blobs: string;
  readonly clock: Clock;
  readonly agent: string;
};
export type AllDone = {
  readonly logs: number;
  readonly rooms: number;
  readonly events: number;
  readonly blobs: number;
  readonly bytes: number;
};

export const logFolder = (log: string): string => log.replace(':', '-');

/** Walk a file to the disk: flushed when it returns. */
const writeOut = (
  dir: string,
  file: PackFile,
): { readonly path: string; readonly size: number; readonly sha256: string } => {
  const path = join(dir, file.path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const open = openSync(path, 'wx', 0o600);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for (const chunk of file.chunks()) {
      const bytes = bytesOf(chunk);
      for (let done = 0; done < bytes.length;) done += writeSync(open, bytes, done, bytes.length - done);
      hash.update(bytes);
      size += bytes.length;
    }
    fsyncSync(open);
  } finally {
    closeSync(open);
  }
  return { path: file.path, size, sha256: hash.digest('hex') };
};

const wireJson = ({ line, d, sig, copies }: WireEvent): string =>
  // A sealed line cannot tell its own place to whoever lacks the key.
  JSON.stringify(copies === undefined ? { line, d, sig } : { line, d, sig, copies });

const streamFileOf = ({ db, log }: AllDeps, id: LogId, head: StreamHead): PackFile =>
  linesFile(`logs/${logFolder(id)}/${head.dev}.jsonl`, function* () {
    yield JSON.stringify({ bw_segment: 1, log: id, dev: head.dev, from: 1, to: head.seq });
    for (let from = 1; from <= head.seq; from += 500)
      for (const event of log.read(db, id, head.dev, from, Math.min(head.seq, from + 499))) yield wireJson(event);
  });

const waitingFile = ({ db }: AllDeps): PackFile =>
  linesFile('waiting.jsonl', function* () {
    for (const { log, dev } of waitingStreams(db, null)) {
      for (let seq = 1; ;) {
        const rows = waitingFrom(db, log, dev, seq, 1000);
        for (const row of rows) yield row.wire;
        const last = rows.at(-1)?.seq;
        if (last === undefined || rows.length < 1000) break;
        seq = last + 1;
      }
    }
  });

/** A room for people, entry by entry, newest first. */
const roomFile = ({ db, views }: AllDeps, room: LogId): PackFile => ({
  path: `rooms/${logFolder(room)}.json`,
  *chunks() {
    const header = views.roomHeader(db, room);
    yield `{"log":${JSON.stringify(room)},\n"room":${JSON.stringify(header)},\n`;
    yield `"decisions":${JSON.stringify(views.decisions(db, room))},\n"tasks":${JSON.stringify(views.tasks(db, room))},\n`;
    yield `"handovers":${JSON.stringify(views.handoffs(db, room))},\n"entries":[`;
    let before: string | null = null;
    let first = true;
    for (;;) {
      const page = views.entriesPage(db, {
        log: room,
        order: 'recorded',
        limit: 500,
        ...(before === null ? {} : { before }),
      });
      for (const entry of page.rows) {
        yield `${first ? '\n' : ',\n'}${JSON.stringify(entry)}`;
        first = false;
      }
      if (page.next === null) break;
      before = page.next;
    }
    yield '\n]}\n';
  },
});

/** Names below the blobs folder; unfinished files are left out. */
export const blobNames = (root: string): readonly string[] =>
  existsSync(root)
    ? readdirSync(root)
        .filter((name) => /^[0-9a-f]{2}$/.test(name))
        .flatMap((name) => readdirSync(join(root, name)).filter((sha256) => /^[0-9a-f]{64}$/.test(sha256)))
        .sort()
    : [];

const readMe = `Everything of one Breakwater profile, in open files. It is readable by anybody who can read this folder.

logs/<log>/<device>.jsonl  one line {"bw_segment":1,...}, then one line {"line","d","sig"} for every event.
                           "line" is the event as it was signed; "d" its disclosures: base64url of JSON [salt, name, value].
blobs/<aa>/<sha256>        attached files; their names are in disclosures of attachment.added.
rooms/<log>.json           the rooms for reading, made from the logs.
index.json                 what is here. "projection" must be equal after: breakwater import DIR --profile EMPTY
waiting.jsonl              events whose predecessors had not arrived.
What had been kept apart as forged or damaged is not here, nor are settings, keys and cached facts of the lake.
`;

const notWritten = (dir: string, thrown: unknown): Failure => {
  const named = storeFailureOf(thrown, dir);
  if (named === null) throw thrown;
  return failure(
    named.tag === 'DiskFull' ? 'DiskFull' : 'ExportNotWritten',
    named.tag === 'DiskFull'
      ? `The disk has no room for the export ${dir}.`
      : `The export ${dir} could not be written.`,
    'The profile was not changed. What was written so far is unfinished: index.json is written last.',
    'Remove the folder, make room or choose another place, and export again.',
    named.code,
  );
};

/** Write everything into a folder that is empty or does not exist. Failures: FolderNotEmpty, ExportNotWritten, DiskFull. */
export const exportAll = (deps: AllDeps, dir: string): Result<AllDone, Failure> => {
  const { db, log, clock, agent } = deps;
  try {
    if (existsSync(dir) && readdirSync(dir).length > 0) {
      return err(
        failure(
          'FolderNotEmpty',
          `The folder ${dir} is not empty.`,
          'Nothing was written.',
          'Name a new or an empty folder.',
        ),
      );
    }
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    let events = 0;
    let bytes = 0;
    const out = (file: PackFile): ReturnType<typeof writeOut> => {
      const written = writeOut(dir, file);
      bytes += written.size;
      return written;
    };
    out(textFile('README.txt', readMe));
    const logs = log.logs(db).map((id) => ({
      log: id,
      streams: log.heads(db, id).map((head) => {
        events += head.seq;
        return { dev: head.dev, events: head.seq, head: head.hash, file: out(streamFileOf(deps, id, head)) };
      }),
      projection: log.projectionDigest(db, id),
    }));
    const waiting = out(waitingFile(deps));
    const blobs = blobNames(deps.blobs).map((sha256) => {
      const path = `blobs/${sha256.slice(0, 2)}/${sha256}`;
      const written = out(diskFile(path, join(deps.blobs, sha256.slice(0, 2), sha256)));
      return { sha256, size: written.size, whole: written.sha256 === sha256 };
    });
    const roomIds = log.logs(db).filter((id) => !isOrgLog(id));
    const rooms = roomIds.map((id) => ({ log: id, file: out(roomFile(deps, id)) }));
    // Last: a folder without it is unfinished.
    out(jsonFile('index.json', { format: openFormat, agent, at: toInstant(clock.now()), logs, waiting, blobs, rooms }));
    return ok({ logs: logs.length, rooms: rooms.length, events, blobs: blobs.length, bytes });
  } catch (thrown) {
    return err(notWritten(dir, thrown));
  }
};
