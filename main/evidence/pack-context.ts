import { ensure } from '../../shared/base/assert.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { Author, BlobRef, PersonView } from '../log/views-port.ts';
import { parseLine } from '../log/line.ts';
import { principalOf } from './sshsig.ts';
import { eventsOf, type Exported, type Replay } from './replay.ts';

/** What every derived file of a pack is made from. */
export type PackContext = {
  readonly replay: Replay;
  readonly exported: Exported;
  readonly principal: string;
  /** Raw public key of the exporting device, base64url. */
  readonly pub: string;
  readonly fingerprint: string;
  readonly topFolder: string;
  /** True when an attachment's file is in the pack. */
  readonly hasBlob: (sha256: string) => boolean;
  readonly people: readonly PersonView[];
  /** Name as far as it is disclosed, else the id. */
  readonly nameOf: (actor: string) => string;
  /** When the export was recorded: the "now" of everything in the pack. */
  readonly at: Instant;
};

/** The export that stands at the head of a device's stream, or null when that event is another one. */
export const exportedBy = (replay: Replay, dev: string): Exported | null => {
  const stream = replay.streams.find((candidate) => !candidate.org && candidate.dev === dev);
  if (!stream) return null;
  const [last] = replay.log.read(replay.db, stream.log, stream.dev, stream.seq, stream.seq);
  const line = last && parseLine(last.line);
  if (!line?.ok || line.value.type !== 'pack.exported') return null;
  return { dev: stream.dev, actor: line.value.actor, hash: stream.hash, seq: stream.seq, at: line.value.at };
};

/** Name of the folder in the zip: the room and the number of the export's event, so that two exports never collide. */
export const topFolderOf = (replay: Replay, exported: Exported): string =>
  `breakwater-${replay.room.slice(4, 16)}_evidence_${exported.seq}`;

export const packContext = (
  replay: Replay,
  exported: Exported,
  signer: { readonly pub: string; readonly fingerprint: string },
  hasBlob: (sha256: string) => boolean,
): PackContext => {
  const people = replay.org === null ? [] : replay.views.people(replay.db, replay.org);
  const names = new Map(people.map(({ person, name }) => [person as string, name.value]));
  return {
    replay,
    exported,
    principal: principalOf(exported.actor, exported.dev),
    ...signer,
    topFolder: topFolderOf(replay, exported),
    hasBlob,
    people,
    nameOf: (actor) => names.get(actor) ?? actor,
    at: exported.at,
  };
};

/** An author in a JSON file of the pack. */
export const authorOf = (context: PackContext, by: Author | null): object | null =>
  by === null ? null : { actor: by.actor, name: context.nameOf(by.actor), device: by.dev, attested: by.attested };

export type PackedBlob = BlobRef & { readonly event: string; readonly what: 'attachment' | 'fact' };

/** Files that the room names: attachments and captures of facts, each digest once, sorted. */
export const blobsOf = (replay: Replay): readonly PackedBlob[] => {
  const found = new Map<string, PackedBlob>();
  const add = (blob: BlobRef | null, event: string, what: PackedBlob['what']): void => {
    if (blob !== null && !found.has(blob.sha256)) found.set(blob.sha256, { ...blob, event, what });
  };
  for (const { id, blob } of replay.views.attachments(replay.db, replay.room, () => true)) add(blob, id, 'attachment');
  for (const { witnesses } of replay.views.citations(replay.db, replay.room))
    for (const { blob, hash } of witnesses) add(blob, hash, 'fact');
  return [...found.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
};

/** Every line of the pack with its own facts; chains were checked by the replay. */
export function* linesOf(replay: Replay): Generator<PackedLine> {
  for (const stream of replay.streams) {
    for (const event of eventsOf(replay, stream)) {
      const parsed = parseLine(event.line);
      yield { stream, event, line: ensure(parsed.ok ? parsed.value : null, 'stored lines were parsed on intake') };
    }
  }
}
export type PackedLine = {
  readonly stream: Replay['streams'][number];
  readonly event: ReturnType<typeof eventsOf> extends Generator<infer T> ? T : never;
  readonly line: Extract<ReturnType<typeof parseLine>, { ok: true }>['value'];
};
