import type { Failure } from '../../shared/base/failure.ts';
import { failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import type { EventDraft, WireEvent } from '../log/port.ts';
import { collect, type Collected } from './collect.ts';
import { gatherBlobs, headsField, noRoom, type PackDeps, type PackRequest } from './export-pack.ts';
import { measure, textFile } from './pack-file.ts';
import { lineageFileOf, payloadOf, tagFilesOf } from './pack-files.ts';
import { blobsOf, exportedBy, linesOf, packContext } from './pack-context.ts';
import { blobFile, byPath, disclosuresFile, signatureFile } from './paths.ts';
import { replay, type Replay } from './replay.ts';
import { fingerprintOf, signForPack } from './sshsig.ts';

export type PackPreview = {
  readonly lines: {
    readonly path: string;
    /** Bytes. */
    readonly size: number;
    readonly what: string;
    /** Why it, or a part of it, will not be in the pack. */
    readonly withheld: string | null;
  }[];
  readonly events: number;
  readonly devices: number;
  /** People who wrote in the room and whom nobody attested. */
  readonly notAttested: number;
  readonly absentBlobs: string[];
  readonly warnings: string[];
};
export type PreviewRequest = Pick<PackRequest, 'room' | 'withhold' | 'lineage'> & {
  readonly facts?: readonly EventDraft[];
  /** Who would export; default: whoever wrote in the room last on this device. */
  readonly actor?: ActorId;
  /** Events of the room that are only on this device, as the ledger counts them. */
  readonly notShared?: number;
};

const words: readonly (readonly [prefix: string, what: string])[] = [
  ['data/00-START-HERE.html', 'the page to read first'],
  ['data/VERIFY.txt', 'how to check the pack'],
  ['data/verify.', 'checker that needs no Breakwater'],
  ['data/ro-crate', 'description of all files for machines'],
  ['data/10-incident/', 'what the incident is'],
  ['data/20-timeline/org/', 'the organisation’s log: people, devices, roles'],
  ['data/20-timeline/merged.csv', 'the timeline as a table'],
  ['data/20-timeline/', 'the room’s log, line by line'],
  ['data/30-decisions/', 'decisions, tasks, handovers'],
  ['data/40-access/', 'who had access'],
  ['data/50-audit/', 'facts cited from system tables'],
  ['data/60-lineage/', 'lineage as this device has it'],
  ['data/70-models/', 'versions of models'],
  ['data/90-disclosures/', 'names and words behind the log'],
  ['data/95-attachments/', 'attached files'],
  ['data/custody.csv', 'chain of custody'],
  ['signatures/', 'signature of this device'],
];
const wordsFor = (path: string): string => words.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'BagIt';

type Sample = { readonly events: readonly WireEvent[]; readonly collected: Pick<Collected, 'sealed'> };

/** The export's event as it would be, in a transaction that is never kept: so the sizes shown are those of the pack. */
const sample = (deps: PackDeps, request: PreviewRequest, actor: ActorId): Result<Sample, Failure> => {
  let taken: Sample | null = null;
  const kept = deps.store.transaction((db): Result<never, Failure> => {
    const source = { db, log: deps.log, views: deps.views };
    const heads = headsField(collect(source, request.room), deps.log.device.id);
    const written = deps.log.append(db, request.room, actor, [
      ...(request.facts ?? []),
      { type: 'pack.exported', fields: { heads } },
    ]);
    if (!written.ok) return written;
    const collected = collect(source, request.room, request.withhold);
    taken = { events: [...collected.events()], collected };
    return err(neverKept);
  });
  if (taken !== null) return ok(taken);
  return kept.ok ? err(neverKept) : kept;
};
const neverKept = failure('PreviewOnly', 'A preview keeps nothing.', 'Nothing was changed.', 'Export the pack.');

const withheldCount = (replayed: Replay): number => {
  let count = 0;
  for (const { line, event } of linesOf(replayed)) count += line._sd.length - event.d.length;
  return count;
};

/**
 * What a pack of a room would hold: every file with its size, what is withheld, which files are not here, what whoever
 * exports should know first. Nothing is written. Failures: NoSuchRoom and those of the log and the store.
 */
export const previewPack = (deps: PackDeps, request: PreviewRequest): Result<PackPreview, Failure> => {
  const { store, views, log } = deps;
  if (views.roomHeader(store.read, request.room) === null) return err(noRoom(request.room));
  const actor = request.actor ?? actorOf(deps, request.room);
  if (actor === null) return err(noRoom(request.room));
  const sampled = sample(deps, request, actor);
  if (!sampled.ok) return sampled;
  const replayed = replay(request.room, sampled.value.events, deps);
  if (!replayed.ok) return replayed;
  try {
    const exported = exportedBy(replayed.value, log.device.id);
    if (exported === null) return err(noRoom(request.room));
    const blobs = gatherBlobs(replayed.value, deps.blobPath);
    const here = new Set(blobs.files.map(({ sha256 }) => sha256));
    const signer = { pub: log.device.pub, fingerprint: fingerprintOf(log.device.pub) };
    const context = packContext(replayed.value, exported, signer, (sha256) => here.has(sha256));
    const payload = payloadOf(context, [...blobs.files, measure(lineageFileOf(request.lineage ?? null))]);
    const { files, tagManifest } = tagFilesOf(context, payload, deps.agent);
    const signature = measure(textFile(signatureFile, signForPack(log.device, tagManifest)));
    const withheld = withheldCount(replayed.value);
    const missing = blobsOf(replayed.value).filter(({ sha256 }) => !here.has(sha256));
    const why = (sha256: string): string =>
      blobs.damaged.includes(sha256)
        ? 'the file on this device is damaged'
        : 'the file is not on this device: only its name, size and digest go into the pack';
    const lines = [
      ...[...files, signature, ...payload].map(({ path, size }) => ({
        path,
        size,
        what: wordsFor(path),
        withheld:
          path === disclosuresFile && withheld > 0 ? `${withheld} withheld or redacted, listed with reasons` : null,
      })),
      ...missing.map(({ sha256, size }) => ({
        path: blobFile(sha256), size, what: wordsFor(blobFile(sha256)), withheld: why(sha256),
      })), // prettier-ignore
    ].sort((a, b) => byPath(a.path, b.path));
    const authors = views.authors(store.read, request.room);
    const notAttested = new Set(authors.filter(({ by }) => !by.attested).map(({ by }) => by.actor)).size;
    return ok({
      lines,
      events: replayed.value.streams.reduce((sum, { seq }) => sum + seq, 0),
      devices: new Set(replayed.value.streams.filter(({ org }) => !org).map(({ dev }) => dev)).size,
      notAttested,
      absentBlobs: missing.map(({ sha256 }) => sha256),
      warnings: warningsOf(deps, request, sampled.value.collected, notAttested, missing.length),
    });
  } finally {
    replayed.value.close();
  }
};

const actorOf = ({ store, views, log }: PackDeps, room: LogId): ActorId | null => {
  const authors = views.authors(store.read, room).filter(({ by }) => by.dev === log.device.id);
  const org = views.roomHeader(store.read, room)?.org ?? null;
  const own = org === null ? undefined : views.devices(store.read, org).find(({ dev }) => dev === log.device.id);
  return own?.person ?? authors.sort((a, b) => (a.lastAt < b.lastAt ? 1 : -1))[0]?.by.actor ?? null;
};

const warningsOf = (
  { store, views, log }: PackDeps,
  { room, notShared = 0 }: PreviewRequest,
  { sealed }: Pick<Collected, 'sealed'>,
  notAttested: number,
  missing: number,
): string[] => {
  const header = views.roomHeader(store.read, room);
  const conflicts = views.conflicts(store.read, room).length;
  const gaps = log.gaps(store.read, room).length;
  const warnings: string[] = [];
  if (notAttested > 0) warnings.push(`${notAttested} people who wrote here are not attested; the pack says so.`);
  if (conflicts > 0) warnings.push(`${conflicts} values are in conflict and not settled; the pack shows both sides.`);
  if (notShared > 0) warnings.push(`${notShared} entries are only on this device: nobody else could confirm them yet.`);
  if (missing > 0) warnings.push(`${missing} attached files are not on this device and will be missing.`);
  if (gaps > 0)
    warnings.push(`${gaps} pieces of other devices’ streams have not arrived; what follows them is left out.`);
  if (sealed.length > 0)
    warnings.push(`${sealed.length} streams hold lines that this device cannot read; they end before them.`);
  if ((header?.counts.withoutEffect ?? 0) > 0)
    warnings.push(
      `${header?.counts.withoutEffect ?? 0} entries were written without the right to and have no effect; they are packed as such.`,
    );
  if (log.device.keyProtection === 'file')
    warnings.push(
      'The signing key of this device lies in a file without protection by the operating system; the pack says so.',
    );
  return warnings;
};
