import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { type Failure, failure } from '../../../shared/base/failure.ts';
import { err, ok } from '../../../shared/base/result.ts';
import { chunkLimit } from '../../../shared/contract/calls.ts';
import type { HandlersOf } from '../handlers.ts';
import type { Parts } from '../parts.ts';
import { createUploads } from '../uploads.ts';
import { given, noSuchEntry, roomOf, writeInRoom } from '../write.ts';

type AttachmentCalls = 'attachment.begin' | 'attachment.chunk' | 'attachment.commit' | 'attachment.read';
type Uploads = ReturnType<typeof createUploads>;

/** Files of a room. The event is written only after file and folder are flushed; its name stays exactly as it was given. */
export const attachmentCalls = (parts: Parts, uploads: Uploads): HandlersOf<AttachmentCalls> => {
  const { views, blobs } = parts;
  const db = parts.profile.store.read;

  return {
    'attachment.begin': (asked) => {
      const room = roomOf(parts, db, asked.log);
      return room.ok ? uploads.begin(asked) : room;
    },
    'attachment.chunk': ({ upload, offset, base64 }) => uploads.chunk(upload, offset, base64),
    'attachment.commit': async ({ upload, note }) => {
      const finished = uploads.finish(upload);
      if (!finished.ok) return finished;
      const { log, name, media, path } = finished.value;
      const blob = await blobs.put(createReadStream(path), media);
      if (!blob.ok) return blob;
      uploads.drop(upload);
      const fields = given({ name, blob: blob.value, note });
      return writeInRoom(parts, log, () => ok([{ type: 'attachment.added', fields }]));
    },
    'attachment.read': ({ log, attachment: id, offset }) => {
      const room = roomOf(parts, db, log);
      if (!room.ok) return room;
      const found = views.attachments(db, room.value.log, blobs.has).find((one) => one.id === id);
      if (found === undefined) return err(noSuchEntry('file', id));
      const { blob } = found;
      if (blob === null || !found.here) return err(fileNotHere);
      const path = blobs.path(blob.sha256);
      if (path === null) return err(fileNotHere);
      return ok({ base64: readPart(path, offset).toString('base64'), size: blob.size });
    },
  };
};

/** At most a chunk from `offset`; empty behind the end. */
const readPart = (path: string, offset: number): Buffer => {
  const bytes = Buffer.alloc(chunkLimit);
  const file = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, chunkLimit, offset));
  } finally {
    closeSync(file);
  }
};

const fileNotHere: Failure = failure(
  'FileNotHere',
  'The file itself is not on this device: only its name, size and digest have arrived.',
  'Nothing was changed.',
  'Ask whoever attached it: attached files are not shared yet, they stay on the device that attached them.',
);
