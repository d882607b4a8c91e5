import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { storeFailureOf } from '../store/failures.ts';
import { syncFolder } from '../store/files.ts';
import type { BlobRef } from './views-port.ts';

/** Largest file for now, in bytes (issue: over 25 MB a clear refusal). */
export const blobLimit = 25 * 1024 * 1024;

/** Files of a profile by the digest of their content: `blobs/<aa>/<sha256>`. */
export type Blobs = {
  /** Durable when it returns: file and folders flushed, so that an event may name it. 0 bytes are fine. */
  readonly put: (content: Uint8Array | AsyncIterable<Uint8Array>, media: string) => Promise<Result<BlobRef, Failure>>;
  readonly has: (sha256: string) => boolean;
  /** Null when it is not here. The caller compares digests where it matters (packs do). */
  readonly read: (sha256: string) => Readable | null;
  readonly path: (sha256: string) => string | null;
  readonly size: (sha256: string) => number | null;
};

const blobTooLarge = (): Failure =>
  failure(
    'BlobTooLarge',
    'The file is larger than 25 MB.',
    'Nothing was attached; the file itself was not touched.',
    'Attach an extract, or note where the file lies and its checksum.',
  );

const chunksOf = async function* (content: Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
};

const writeAll = (file: number, chunk: Uint8Array): void => {
  for (let done = 0; done < chunk.length;) done += writeSync(file, chunk, done, chunk.length - done);
};

/** Blobs under a folder (profile.paths.blobs). Digests from outside are checked before they become a path. */
export const openBlobs = (root: string): Blobs => {
  const pathOf = (sha256: string): string | null =>
    /^[0-9a-f]{64}$/.test(sha256) ? join(root, sha256.slice(0, 2), sha256) : null;
  const here = (sha256: string): string | null => {
    const path = pathOf(sha256);
    return path !== null && existsSync(path) ? path : null;
  };

  const keep = (temporary: string, sha256: string): void => {
    const folder = join(root, sha256.slice(0, 2));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    renameSync(temporary, join(folder, sha256));
    syncFolder(folder);
    syncFolder(root);
  };

  const put: Blobs['put'] = async (content, media) => {
    const temporary = join(root, `incoming-${randomUUID()}`);
    const digest = createHash('sha256');
    let size = 0;
    try {
      mkdirSync(root, { recursive: true, mode: 0o700 });
      const file = openSync(temporary, 'wx', 0o600);
      try {
        for await (const chunk of chunksOf(content)) {
          size += chunk.length;
          if (size > blobLimit) return err(blobTooLarge());
          digest.update(chunk);
          writeAll(file, chunk);
        }
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      const sha256 = digest.digest('hex');
      keep(temporary, sha256);
      return ok({ sha256, size, media: media.toWellFormed().slice(0, 200) });
    } catch (thrown) {
      const named = storeFailureOf(thrown, root);
      if (named === null) throw thrown;
      return err(named);
    } finally {
      rmSync(temporary, { force: true });
    }
  };

  return {
    put,
    has: (sha256) => here(sha256) !== null,
    read: (sha256) => {
      const path = here(sha256);
      return path === null ? null : createReadStream(path);
    },
    path: here,
    size: (sha256) => {
      const path = here(sha256);
      return path === null ? null : statSync(path).size;
    },
  };
};
