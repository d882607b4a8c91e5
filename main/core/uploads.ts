import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Clock, RandomBytes } from '../../shared/base/time.ts';
import { attachmentLimit, chunkLimit } from '../../shared/contract/calls.ts';
import { storeFailureOf } from '../store/failures.ts';
import { sizeWords } from './describe.ts';

/**
 * Attachments on their way in: begin → chunk … → finished file. Chunks go to a temporary file of the profile in order; only
 * a complete file is handed on. What is left behind by a crash is removed at the next start.
 */
export type Upload = { readonly log: string; readonly name: string; readonly size: number; readonly media: string };
export type FinishedUpload = Upload & { readonly path: string };
export type Uploads = {
  readonly begin: (upload: Upload) => Result<{ upload: string }, Failure>;
  readonly chunk: (id: string, offset: number, base64: string) => Result<{ received: number }, Failure>;
  /** Flush and close; the caller moves the file away, or calls `drop`. */
  readonly finish: (id: string) => Result<FinishedUpload, Failure>;
  readonly drop: (id: string) => void;
  readonly close: () => void;
};

/** Uploads under way at once, and how long one may stand still. */
const uploadLimit = 16;
const idleMs = 30 * 60_000;

type Open = Upload & {
  readonly path: string;
  readonly file: number;
  received: number;
  touchedAt: number;
};

export const createUploads = (folder: string, clock: Clock, random: RandomBytes): Uploads => {
  const open = new Map<string, Open>();
  rmSync(folder, { recursive: true, force: true });

  const drop = (id: string): void => {
    const upload = open.get(id);
    if (upload === undefined) return;
    open.delete(id);
    closeSync(upload.file);
    rmSync(upload.path, { force: true });
  };
  const dropIdle = (): void => {
    for (const [id, { touchedAt }] of open) if (clock.now() - touchedAt > idleMs) drop(id);
  };

  return {
    begin: (upload) => {
      dropIdle();
      if (upload.size > attachmentLimit) return err(fileTooLarge(upload.size));
      if (open.size >= uploadLimit) return err(tooManyUploads);
      const id = `up_${Buffer.from(random(16)).toString('hex')}`;
      const path = join(folder, id);
      return guarded(path, () => {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const file = openSync(path, 'wx', 0o600);
        open.set(id, { ...upload, path, file, received: 0, touchedAt: clock.now() });
        return ok({ upload: id });
      });
    },
    chunk: (id, offset, base64) => {
      const upload = open.get(id);
      if (upload === undefined) return err(noSuchUpload(id));
      const bytes = Buffer.from(base64, 'base64');
      if (offset !== upload.received) return err(outOfOrder(offset, upload.received));
      if (bytes.length > chunkLimit || offset + bytes.length > upload.size) return err(longerThanSaid(upload.size));
      return guarded(upload.path, () => {
        let written = 0;
        while (written < bytes.length) {
          written += writeSync(upload.file, bytes, written, bytes.length - written, offset + written);
        }
        upload.received += bytes.length;
        upload.touchedAt = clock.now();
        return ok({ received: upload.received });
      });
    },
    finish: (id) => {
      const upload = open.get(id);
      if (upload === undefined) return err(noSuchUpload(id));
      if (upload.received !== upload.size) return err(incomplete(upload.received, upload.size));
      return guarded(upload.path, () => {
        fsyncSync(upload.file);
        const { log, name, size, media, path } = upload;
        return ok({ log, name, size, media, path });
      });
    },
    drop,
    close: () => {
      for (const id of open.keys()) drop(id);
    },
  };
};

/** A full disk or a folder that cannot be written is an answer, not an exception. */
const guarded = <T>(path: string, work: () => Result<T, Failure>): Result<T, Failure> => {
  try {
    return work();
  } catch (thrown) {
    const named = storeFailureOf(thrown, path);
    if (named === null) throw thrown;
    return err(named);
  }
};

const notAttached = 'The file was not attached; the original is unchanged.';

const fileTooLarge = (size: number): Failure =>
  failure(
    'FileTooLarge',
    // In bytes where a rounded size would look like the limit itself.
    `The file has ${sizeWords(size) === sizeWords(attachmentLimit) ? `${size} bytes` : sizeWords(size)}; at most ${sizeWords(attachmentLimit)} (${attachmentLimit} bytes) can be attached for now.`,
    notAttached,
    'Attach the part that matters, or note where the file lies and its SHA-256.',
  );
const tooManyUploads: Failure = failure(
  'TooManyUploads',
  `${uploadLimit} files are being attached already.`,
  notAttached,
  'Wait until some of them are done.',
);
const noSuchUpload = (id: string): Failure =>
  failure(
    'NoSuchUpload',
    'This transfer is not known: it ended, or Breakwater was restarted.',
    notAttached,
    'Attach the file again.',
    id,
  );
const outOfOrder = (offset: number, expected: number): Failure =>
  failure(
    'OutOfOrder',
    'A part of the file came twice or was left out.',
    notAttached,
    'Go on from the byte given below.',
    `${offset} != ${expected}`,
  );
const longerThanSaid = (size: number): Failure =>
  failure(
    'FileChanged',
    `The file is longer than the ${sizeWords(size)} that were announced.`,
    notAttached,
    'Attach it again when nothing writes to it.',
  );
const incomplete = (received: number, size: number): Failure =>
  failure(
    'FileChanged',
    `Only ${received} of ${size} bytes arrived.`,
    notAttached,
    'Attach the file again when nothing writes to it.',
  );
