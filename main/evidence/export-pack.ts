import { createHash, randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { failure, type Failure } from '../../shared/base/failure.ts';
import type { JsonValue } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/time.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import type { EventDraft, EventLog } from '../log/port.ts';
import type { Views } from '../log/views-port.ts';
import { sha256Hex } from '../log/digest.ts';
import { storeFailureOf } from '../store/failures.ts';
import { syncFolder } from '../store/files.ts';
import type { Store } from '../store/port.ts';
import { collect, type Collected } from './collect.ts';
import { diskFile, measure, textFile, type MeasuredFile } from './pack-file.ts';
import { checkedBlob, lineageFileOf, payloadOf, tagFilesOf, type LineageExtract } from './pack-files.ts';
import { blobsOf, exportedBy, packContext } from './pack-context.ts';
import { blobFile, signatureFile } from './paths.ts';
import { replay, type Replay } from './replay.ts';
import { fingerprintOf, packNamespace, principalOf, signersLine, signForPack } from './sshsig.ts';
import { zipLimits } from './zip-read.ts';
import { zipBytes } from './zip-write.ts';

export type PackDeps = {
  readonly store: Store;
  readonly log: EventLog;
  readonly views: Views;
  /** Where a blob lies, or null when it is not here. */
  readonly blobPath: (sha256: string) => string | null;
  readonly clock: Clock;
  /** A folder of this user for a temporary profile; it is emptied again. */
  readonly scratch: string;
  /** Program and version, e.g. "Breakwater 0.1.0". */
  readonly agent: string;
};
export type PackRequest = {
  readonly room: LogId;
  readonly actor: ActorId;
  readonly purpose?: string;
  /** The zip to write; an existing file is replaced only when the new one is whole. */
  readonly file: string;
  /** `fact.cited` for every machine fact that the pack is to show and that nobody cited yet. */
  readonly facts?: readonly EventDraft[];
  readonly lineage?: LineageExtract | null;
  /** Leave disclosures out of this copy; each one is listed in redactions.csv. */
  readonly withhold?: (line: EventLine, disclosure: string) => boolean;
};
export type PackDone = {
  readonly file: string;
  readonly sha256: string;
  readonly size: number;
  readonly principal: string;
  readonly fingerprint: string;
  /** Line of an allowed_signers file. To be kept outside the pack and to reach the recipient by another way. */
  readonly signersLine: string;
  readonly top: string;
  readonly events: number;
  readonly absentBlobs: readonly string[];
  /** Blobs whose file does not have the digest of its name any more; left out. */
  readonly damagedBlobs: readonly string[];
};

const streamsInLine = 200;

/**
 * `heads` of pack.exported: {log: {device: [seq, hash]}}. Of very many streams only their number and one digest, without the
 * own stream of the room, which goes on to the export itself.
 */
export const headsField = (
  { heads, room }: Pick<Collected, 'heads' | 'room'>,
  own: string,
): { readonly [log: string]: JsonValue } => {
  const few = heads.length <= streamsInLine;
  const field: Record<string, JsonValue> = {};
  for (const log of new Set(heads.map((head) => head.log))) {
    const sorted = heads.filter((head) => head.log === log).sort((a, b) => (a.dev < b.dev ? -1 : 1));
    if (few) {
      field[log] = Object.fromEntries(sorted.map(({ dev, seq, hash }): [string, JsonValue] => [dev, [seq, hash]]));
      continue;
    }
    const others = sorted.filter(({ dev }) => log !== room || dev !== own);
    const text = others.map(({ dev, seq, hash }) => `${dev} ${seq} ${hash}\n`).join('');
    field[log] = { '*': [others.length, sha256Hex(text)] };
  }
  return field;
};

const notWritten = (file: string, thrown: unknown): Failure => {
  const named = storeFailureOf(thrown, file);
  if (named?.tag === 'DiskFull')
    return failure(
      'DiskFull', `The disk has no room for the pack ${file}.`, 'The log is whole; no half pack was left behind.',
      'Free some space or choose another folder, then export again.', named.code,
    ); // prettier-ignore
  if (named)
    return failure(
      'PackNotWritten', `The pack ${file} could not be written.`, 'The log is whole; no half pack was left behind.',
      'Choose a folder that exists and where you may write, then export again.', named.code,
    ); // prettier-ignore
  throw thrown;
};

const changedMeanwhile = (file: string): Failure =>
  failure(
    'PackNotWritten', `The pack ${file} did not read back as it was written.`, 'The log is whole; the file was taken away again.',
    'Check the disk, or choose another folder, then export again.',
  ); // prettier-ignore

export const noRoom = (room: LogId): Failure =>
  failure(
    'NoSuchRoom',
    `There is no room ${room} in this profile.`,
    'Nothing was written.',
    'Choose a room from the list.',
  );

const free = (folder: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
};

/** Write bytes to a temporary name beside the target, flush, read back, rename. No half file is ever seen under its name. */
const writeZip = async (
  file: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Result<{ readonly sha256: string; readonly size: number }, Failure>> => {
  const temporary = `${file}.partial-${process.pid}-${randomUUID().slice(0, 8)}`;
  const hash = createHash('sha256');
  let size = 0;
  try {
    const open = openSync(temporary, 'wx', 0o600);
    try {
      for await (const piece of bytes) {
        for (let done = 0; done < piece.length;) done += writeSync(open, piece, done, piece.length - done);
        hash.update(piece);
        size += piece.length;
      }
      fsyncSync(open);
    } finally {
      closeSync(open);
    }
    const sha256 = hash.digest('hex');
    const back = measure(diskFile('', temporary));
    if (back.sha256 !== sha256 || back.size !== size) return err(changedMeanwhile(file));
    renameSync(temporary, file);
    syncFolder(dirname(file));
    return ok({ sha256, size });
  } catch (thrown) {
    return err(notWritten(file, thrown));
  } finally {
    rmSync(temporary, { force: true });
  }
};

/** A folder where the pack can be written at all is asked for before the export is recorded in the log. */
const probe = (file: string): Failure | null => {
  const temporary = `${file}.partial-${process.pid}-probe`;
  try {
    closeSync(openSync(temporary, 'wx', 0o600));
    rmSync(temporary, { force: true });
    return null;
  } catch (thrown) {
    return notWritten(file, thrown);
  }
};

type Blobs = {
  readonly files: readonly MeasuredFile[];
  readonly absent: readonly string[];
  readonly damaged: readonly string[];
};

/** Files of attachments that are here and whole. */
export const gatherBlobs = (replayed: Replay, blobPath: PackDeps['blobPath']): Blobs => {
  const files: MeasuredFile[] = [];
  const absent: string[] = [];
  const damaged: string[] = [];
  for (const { sha256 } of blobsOf(replayed)) {
    const path = blobPath(sha256);
    const file = path === null ? null : checkedBlob(diskFile(blobFile(sha256), path), sha256);
    if (path === null) absent.push(sha256);
    else if (file === null) damaged.push(sha256);
    else files.push(file);
  }
  return { files, absent, damaged };
};

/**
 * Export a room: record `pack.exported` (with the facts to cite, as one user transaction), then write the pack.
 * Failures: NoSuchRoom, PackNotWritten, DiskFull, those of the log and the store. When writing fails after the export was
 * recorded, the log keeps saying that an export was begun; exporting again records another.
 */
export const exportPack = async (deps: PackDeps, request: PackRequest): Promise<Result<PackDone, Failure>> => {
  const { store, log, views } = deps;
  const { room, actor, file } = request;
  const source = { db: store.read, log, views };
  if (views.roomHeader(store.read, room) === null) return err(noRoom(room));
  const unwritable = probe(file);
  if (unwritable) return err(unwritable);
  const recorded = store.transaction((db) =>
    log.append(db, room, actor, [
      ...(request.facts ?? []),
      {
        type: 'pack.exported',
        fields: {
          heads: headsField(collect({ ...source, db }, room), log.device.id),
          ...(request.purpose === undefined ? {} : { purpose: request.purpose }),
        },
      },
    ]),
  );
  if (!recorded.ok) return recorded;
  const collected = collect(source, room, request.withhold);
  const replayed = replay(room, collected.events(), deps);
  if (!replayed.ok) return replayed;
  try {
    return await writePack(deps, request, replayed.value);
  } catch (thrown) {
    return err(notWritten(file, thrown));
  } finally {
    replayed.value.close();
  }
};

const writePack = async (
  deps: PackDeps,
  request: PackRequest,
  replayed: Replay,
): Promise<Result<PackDone, Failure>> => {
  const { device } = deps.log;
  const { file } = request;
  const exported = exportedBy(replayed, device.id);
  if (exported === null) {
    // A share or another window wrote with this device's key in between; nothing is wrong, the export is just not the newest.
    return err(
      failure(
        'ExportNotNewest', 'Something else was written while the room was exported.', 'The log is whole; no pack was written.',
        'Export again.',
      ),
    ); // prettier-ignore
  }
  const fingerprint = fingerprintOf(device.pub);
  const principal = principalOf(exported.actor, exported.dev);
  const blobs = gatherBlobs(replayed, deps.blobPath);
  const here = new Set(blobs.files.map(({ sha256 }) => sha256));
  const context = packContext(replayed, exported, { pub: device.pub, fingerprint }, (sha256) => here.has(sha256));
  const payload = payloadOf(context, [...blobs.files, measure(lineageFileOf(request.lineage ?? null))]);
  const { files, tagManifest } = tagFilesOf(context, payload, deps.agent);
  const signature = measure(textFile(signatureFile, signForPack({ pub: device.pub, sign: device.sign }, tagManifest)));
  const all = [...files, signature, ...payload];
  if (all.length > zipLimits.entries) {
    return err(
      failure(
        'TooManyFiles', `The pack would hold ${all.length} files; at most ${zipLimits.entries} can be verified.`,
        'The log is whole; no pack was written.', 'Use breakwater export --all, and hand over the folder.',
      ),
    ); // prettier-ignore
  }
  const needed = all.reduce((sum, { size }) => sum + size + 400, 0);
  const room = free(dirname(file));
  if (room !== null && room < needed) {
    return err(
      failure(
        'DiskFull', `The disk has ${room} bytes left; the pack ${basename(file)} needs about ${needed}.`,
        'The log is whole; no half pack was left behind.', 'Free some space or choose another folder, then export again.',
      ),
    ); // prettier-ignore
  }
  const written = await writeZip(file, zipBytes(context.topFolder, all));
  if (!written.ok) return written;
  return ok({
    file,
    ...written.value,
    principal,
    fingerprint,
    signersLine: signersLine(principal, device.pub),
    top: context.topFolder,
    events: replayed.streams.reduce((sum, { seq }) => sum + seq, 0),
    absentBlobs: blobs.absent,
    damagedBlobs: blobs.damaged,
  });
};

/** The line that a caller writes to `FILE.signers`, outside the pack. */
export const packSignersLine = (done: Pick<PackDone, 'signersLine'>): string => done.signersLine;

/** What an auditor types, with the names filled in. */
export const packCommands = (done: Pick<PackDone, 'file' | 'top' | 'principal'>): readonly string[] => {
  const zip = basename(done.file);
  return [
    `unzip -q ${zip} && cd ${done.top}`,
    'sha256sum -c --quiet --strict tagmanifest-sha256.txt && sha256sum -c --quiet --strict manifest-sha256.txt',
    `ssh-keygen -Y verify -f ../${zip}.signers -I ${done.principal} -n ${packNamespace} -s signatures/tagmanifest-sha256.txt.sig < tagmanifest-sha256.txt`,
    'sh data/verify.sh',
    'python3 data/verify.py',
    `breakwater verify ${zip} --signers ${zip}.signers`,
  ];
};
