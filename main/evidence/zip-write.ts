import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { bytesOf, readAll, type MeasuredFile } from './pack-file.ts';

/**
 * The one way in which a pack's zip is written. Files are stored, not deflated: then every byte of the zip is either a byte of a
 * file, which the manifest covers, or bookkeeping that follows from names and contents alone. So the verifier can write
 * the same zip again and compare, no flipped bit is left unexplained, and no version of a compressor matters.
 */
const mode = 0o100644;
/** Larger files are streamed and get a data descriptor; smaller ones have size and checksum in front. */
const streamedFrom = 32 * 1024 * 1024;
const heldBytes = 8 * 1024 * 1024;

/** The zip's bytes. `files` in the order in which they are to stand, with paths below `top`. Fails when a file changes meanwhile. */
export async function* zipBytes(
  top: string,
  files: Iterable<Pick<MeasuredFile, 'path' | 'chunks' | 'size'>>,
): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile();
  // DOS time is local time without a zone: the same numbers everywhere. Not the first of January, where the library
  // clamps by the zone in which it was loaded.
  const options = { mtime: new Date(1980, 1, 1, 12), mode, compress: false, forceDosTimestamp: true };
  const output = zip.outputStream as Readable & { readonly writableLength: number };
  const failed = new Promise<never>((_, reject) => {
    zip.on('error', (thrown: unknown) => {
      reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
    });
  });
  failed.catch(() => undefined);
  const add = async (): Promise<void> => {
    for (const file of files) {
      const path = `${top}/${file.path}`;
      if (file.size < streamedFrom) {
        const bytes = readAll(file);
        if (bytes.length !== file.size) throw new Error(`${file.path} changed while it was packed`);
        zip.addBuffer(bytes, path, options);
      } else {
        const stream = Readable.from(streamed(file));
        zip.addReadStreamLazy(path, { ...options, size: file.size }, (done) => {
          done(null, stream);
        });
        await Promise.race([once(stream, 'close'), failed]);
      }
      while (output.writableLength + output.readableLength > heldBytes) {
        await Promise.race([once(output, 'drain'), failed]);
      }
    }
    zip.end();
  };
  const adding = add();
  adding.catch((thrown: unknown) => {
    output.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
  });
  failed.catch((thrown: unknown) => {
    output.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
  });
  for await (const chunk of output) yield chunk as Uint8Array;
  await adding;
}

function* streamed(file: Pick<MeasuredFile, 'chunks'>): Generator<Uint8Array> {
  for (const chunk of file.chunks()) yield bytesOf(chunk);
}
