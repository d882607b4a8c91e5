import { readSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import * as yauzl from 'yauzl';
import { thrownText } from '../../shared/base/failure.ts';
import type { Findings } from './finding.ts';
import type { PackFile } from './pack-file.ts';

/** Limits for a zip from anybody. A pack stores its files, so a large ratio is never ours. */
export const zipLimits = {
  entries: 20_000,
  entryBytes: 16 * 1024 ** 3,
  totalBytes: 64 * 1024 ** 3,
  ratio: 200,
  /** A deflated file (somebody packed the files again) is read whole; above this it is not looked into. */
  inflatedBytes: 256 * 1024 ** 2,
} as const;

export type ZipEntry = PackFile & {
  readonly size: number;
  readonly stored: boolean;
  /** True when its directory record looks as `zipBytes` writes it. */
  readonly ours: boolean;
  /** Where its local header begins; for naming a place in the zip. */
  readonly at: number;
};
export type OpenZip = {
  readonly top: string;
  /** In the order of the central directory, paths below the top folder. */
  readonly entries: readonly ZipEntry[];
  /** True when every entry is a plain stored file with a name that we could have written. */
  readonly plain: boolean;
  /** True when an entry was written by Breakwater: then the zip must be what Breakwater writes, to the last byte. */
  readonly ours: boolean;
};

const partPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$/;
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Why a name must not be written to a disk, or null. */
const nameProblem = (name: string): string | null => {
  if (name.includes('\0')) return 'its name holds a zero byte';
  if (name.includes('\\')) return 'its name holds a backslash, which is a folder on Windows';
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'its name is an absolute path';
  const parts = name.replace(/\/$/, '').split('/');
  if (parts.includes('..') || parts.includes('.')) return 'its name leaves the folder (..)';
  if (parts.some((part) => reserved.test(part) || /[. ]$/.test(part)))
    return 'its name is reserved or changes on Windows';
  if (!parts.every((part) => partPattern.test(part))) return 'its name has characters that no pack uses';
  return null;
};

/** How `zipBytes` writes directory records: made on Unix, UTF-8 names, 1 February 1980 12:00, mode 644, nothing extra. */
const isOurs = (entry: yauzl.Entry): boolean =>
  entry.versionMadeBy >> 8 === 3 &&
  (entry.generalPurposeBitFlag & ~8) === 0x800 &&
  entry.lastModFileDate === ((2 << 5) | 1) &&
  entry.lastModFileTime === 12 << 11 &&
  entry.externalFileAttributes >>> 16 === 0o100644 &&
  entry.fileCommentLength === 0;

const rawName = (entry: { readonly fileName: unknown }): Buffer =>
  Buffer.isBuffer(entry.fileName) ? entry.fileName : Buffer.alloc(0);

const checkLocal = async (zip: yauzl.ZipFile, entry: yauzl.Entry, name: Buffer): Promise<number | string> => {
  const local = await zip.readLocalFileHeaderPromise(entry);
  if (!local.fileName.equals(name)) return 'the header before its data gives another name';
  if (
    local.compressionMethod !== entry.compressionMethod ||
    local.generalPurposeBitFlag !== entry.generalPurposeBitFlag
  )
    return 'the header before its data gives another method';
  const described = (local.generalPurposeBitFlag & 8) !== 0;
  const sizes = [local.crc32, local.compressedSize, local.uncompressedSize];
  const wanted = [entry.crc32, entry.compressedSize, entry.uncompressedSize];
  if (!described && sizes.some((size, at) => size !== wanted[at] && size !== 0xffffffff))
    return 'the header before its data gives another size or checksum';
  return local.fileDataStart;
};

function* stored(fd: number, start: number, size: number): Generator<Uint8Array> {
  for (let done = 0; done < size;) {
    const piece = Buffer.alloc(Math.min(256 * 1024, size - done));
    const read = readSync(fd, piece, 0, piece.length, start + done);
    if (read === 0) return;
    yield piece.subarray(0, read);
    done += read;
  }
}

function* inflated(fd: number, start: number, entry: yauzl.Entry): Generator<Uint8Array> {
  if (entry.uncompressedSize > zipLimits.inflatedBytes) throw new Error('it is too large to be unpacked');
  const packed = Buffer.concat([...stored(fd, start, entry.compressedSize)]);
  const bytes = inflateRawSync(packed, { maxOutputLength: entry.uncompressedSize + 1 });
  if (bytes.length !== entry.uncompressedSize) throw new Error('it unpacks to another size than the zip says');
  yield bytes;
}

/** What about an entry forbids looking into it; names it. */
const entryProblem = (entry: yauzl.Entry, name: string): Parameters<Findings['add']> | null => {
  const problem = nameProblem(name);
  if (problem !== null) return ['hostile-name', name, `It is left out: ${problem}.`];
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000)
    return ['symlink', name, 'It is a link or a device, not a file.'];
  if (entry.isEncrypted()) return ['encrypted', name, 'It is encrypted; a pack never is.'];
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
    return ['unreadable', name, `It uses compression method ${entry.compressionMethod}.`];
  if (entry.compressionMethod === 0 && entry.compressedSize !== entry.uncompressedSize)
    return ['header-mismatch', name, 'It is stored, but its two sizes differ.'];
  if (entry.uncompressedSize > Math.max(entry.compressedSize, 1024) * zipLimits.ratio)
    return [
      'bomb',
      name,
      `It would unpack to ${entry.uncompressedSize} bytes from ${entry.compressedSize}: a zip bomb.`,
    ];
  if (entry.uncompressedSize > zipLimits.entryBytes) return ['too-large', name, 'It is larger than 16 GiB.'];
  return null;
};

type Reading = { readonly folded: Set<string>; plain: boolean; ours: boolean; total: number };

const readEntry = async (
  fd: number,
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  state: Reading,
  findings: Findings,
): Promise<ZipEntry | null> => {
  const raw = rawName(entry);
  const name = raw.toString('utf8');
  const refuse = (...found: Parameters<Findings['add']>): null => {
    state.plain = false;
    findings.add(...found);
    return null;
  };
  const problem = entryProblem(entry, name);
  if (problem) return refuse(...problem);
  const folded = name.normalize('NFC').toLowerCase().replace(/\/$/, '');
  if (state.folded.has(folded))
    return refuse('duplicate-name', name, 'The zip holds this name twice (or the same name in other letters).');
  state.folded.add(folded);
  state.total += entry.compressedSize;
  if (state.total > zip.fileSize)
    return refuse('bomb', name, 'Files in the zip overlap: together they are larger than the zip.');
  const ours = isOurs(entry);
  if (ours) state.ours = true;
  if (name.endsWith('/')) {
    state.plain = false;
    return null;
  }
  const start = await checkLocal(zip, entry, raw);
  if (typeof start === 'string') return refuse('header-mismatch', name, `The zip contradicts itself: ${start}.`);
  const isStored = entry.compressionMethod === 0;
  if (!isStored) state.plain = false;
  return {
    path: name,
    size: entry.uncompressedSize,
    stored: isStored,
    ours,
    at: entry.relativeOffsetOfLocalHeader,
    chunks: () => (isStored ? stored(fd, start, entry.uncompressedSize) : inflated(fd, start, entry)),
  };
};

/** Read the directory of a zip from anybody. What is dangerous is named and left out; null when nothing can be read. */
export const openZip = async (fd: number, findings: Findings): Promise<OpenZip | null> => {
  let zip: yauzl.ZipFile;
  try {
    // Names stay bytes and sizes are not checked yet: both are judged here, so that a hostile entry is named and the
    // others are still looked at.
    zip = await yauzl.fromFdPromise(fd, {
      lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: false,
    }); // prettier-ignore
  } catch (thrown) {
    findings.add('not-a-zip', 'the file', `It cannot be read as a zip: ${thrownText(thrown)}.`);
    return null;
  }
  if (zip.entryCount > zipLimits.entries) {
    findings.add('too-many-files', 'the zip', `It holds ${zip.entryCount} files; a pack holds at most 20,000.`);
    return null;
  }
  const state: Reading = { folded: new Set(), plain: true, ours: false, total: 0 };
  const entries: ZipEntry[] = [];
  let bytes = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      const read = await readEntry(fd, zip, entry, state, findings);
      if (read === null) continue;
      bytes += read.size;
      if (bytes > zipLimits.totalBytes) {
        findings.add('too-large', 'the zip', 'Its files are larger than 64 GiB together.');
        return null;
      }
      entries.push(read);
    }
  } catch (thrown) {
    findings.add('not-a-zip', 'the zip', `Its directory is damaged: ${thrownText(thrown)}.`);
    return null;
  }
  return { ...belowTop(entries, findings), plain: state.plain, ours: state.ours };
};

/** Paths below the one folder that a pack is. Somebody who packed the files again may have left the folder out. */
const belowTop = (
  entries: readonly ZipEntry[],
  findings: Findings,
): { readonly top: string; readonly entries: readonly ZipEntry[] } => {
  if (entries.some(({ path }) => path === 'bagit.txt')) return { top: '', entries };
  const top = entries.find(({ path }) => path.endsWith('/bagit.txt'))?.path.split('/')[0] ?? '';
  const below = entries.flatMap((entry) => {
    if (entry.path.startsWith(`${top}/`)) return [{ ...entry, path: entry.path.slice(top.length + 1) }];
    findings.add('added-file', entry.path, 'A pack is one folder; this lies beside it.');
    return [];
  });
  return { top, entries: below };
};
