import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** A file of a pack: its path below the top folder and its bytes, which can be walked through more than once. */
export type PackFile = { readonly path: string; readonly chunks: () => Iterable<string | Uint8Array> };
export type MeasuredFile = PackFile & { readonly size: number; readonly sha256: string };

export const textFile = (path: string, text: string): PackFile => ({ path, chunks: () => [text] });

export const jsonFile = (path: string, value: unknown): PackFile =>
  textFile(path, `${JSON.stringify(value, null, 2)}\n`);

/** JSON Lines, made while they are written. */
export const linesFile = (path: string, lines: () => Iterable<string>): PackFile => ({
  path,
  *chunks() {
    let held: string[] = [];
    let size = 0;
    for (const line of lines()) {
      held.push(line, '\n');
      size += line.length;
      if (size < 65_536) continue;
      yield held.join('');
      held = [];
      size = 0;
    }
    if (held.length > 0) yield held.join('');
  },
});

/** A file of this machine, read in pieces. */
export const diskFile = (path: string, source: string): PackFile => ({
  path,
  *chunks() {
    const file = openSync(source, 'r');
    try {
      const piece = Buffer.alloc(256 * 1024);
      for (;;) {
        const read = readSync(file, piece, 0, piece.length, null);
        if (read === 0) return;
        yield Buffer.from(piece.subarray(0, read));
      }
    } finally {
      closeSync(file);
    }
  },
});

export const bytesOf = (chunk: string | Uint8Array): Uint8Array =>
  typeof chunk === 'string' ? Buffer.from(chunk) : chunk;

/** Size and sha256 of a file, in one walk. */
export const measure = (file: PackFile): MeasuredFile => {
  const hash = createHash('sha256');
  let size = 0;
  for (const chunk of file.chunks()) {
    const bytes = bytesOf(chunk);
    hash.update(bytes);
    size += bytes.length;
  }
  return { ...file, size, sha256: hash.digest('hex') };
};

/** All bytes of a small file. */
export const readAll = (file: PackFile): Buffer => Buffer.concat([...file.chunks()].map(bytesOf));
