import { constants, type Dirent } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure, thrownText } from '../../shared/base/failure.ts';
import { isDeviceId, type DeviceId, type LogId } from '../../shared/domain/ids.ts';
import type { PlaceProblem, ShareFailure, ShareTag } from './port.ts';
import { logFolder, segmentName, type SegmentName } from './segment.ts';

/** A segment file as the folder lists it. `writer` may write only below its own name; `dev` is whose stream it holds. */
export type FolderEntry = {
  readonly path: string;
  readonly rel: string;
  readonly writer: DeviceId;
  readonly dev: DeviceId;
  readonly name: SegmentName;
  readonly size: number;
  /** Name, size and time of change: what a reader remembers of a file it has read. */
  readonly stamp: string;
};

/** One writer cannot make every reader list for ever. An honest one writes one file per push. */
export const maxFilesPerWriter = 20_000;
const healPrefix = 'of-';
const temporaryPrefix = '.tmp-';

const codeOf = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : 'unknown';

const tags: Readonly<Record<string, ShareTag>> = {
  ENOENT: 'ShareOffline', ENOTDIR: 'ShareOffline', EIO: 'ShareOffline', ESTALE: 'ShareOffline', ENOTCONN: 'ShareOffline',
  ETIMEDOUT: 'ShareOffline', EHOSTDOWN: 'ShareOffline', EHOSTUNREACH: 'ShareOffline', ENODEV: 'ShareOffline',
  EACCES: 'ShareDenied', EPERM: 'ShareDenied', EROFS: 'ShareDenied',
  EBUSY: 'ShareBusy', EMFILE: 'ShareBusy', ENFILE: 'ShareBusy', EAGAIN: 'ShareBusy',
}; // prettier-ignore

const advice: Readonly<Record<ShareTag, string>> = {
  ShareOffline: 'Connect the drive or start the program that syncs the folder; Breakwater tries again by itself.',
  ShareDenied: 'Ask the owner of the folder for the right to write files in it.',
  ShareBusy: 'Nothing to do: Breakwater tries again by itself.',
  ShareBroken: 'Look at the drive: it may be full or damaged. Breakwater tries again by itself.',
  ShareNotSetUp: 'Set the folder up once with `breakwater share init`.',
  ShareReplaced: 'Ask the others which folder is in use.',
};

/** What the operating system said about the folder, as a failure for people. */
export const folderFailure = (thrown: unknown, place: string): ShareFailure => {
  const code = codeOf(thrown);
  const tag = tags[code] ?? 'ShareBroken';
  const what =
    tag === 'ShareOffline'
      ? `The shared folder ${place} cannot be reached.`
      : tag === 'ShareDenied'
        ? `This computer may not use the shared folder ${place}.`
        : code === 'ENOSPC'
          ? `The drive of the shared folder ${place} is full.`
          : `The shared folder ${place} does not work: ${thrownText(thrown)}`;
  return failure(tag, what, 'Everything you write is saved on this device.', advice[tag], code);
};

export const notThere = (thrown: unknown): boolean => codeOf(thrown) === 'ENOENT';

const notAFile = (rel: string): PlaceProblem => ({
  name: rel,
  tag: 'not-a-file',
  reason: 'a link or a special file; Breakwater follows none in a shared folder',
});
const foreign = (rel: string): PlaceProblem => ({
  name: rel,
  tag: 'not-a-segment',
  reason: 'not a name that Breakwater gives; left alone',
});

const list = async (path: string): Promise<readonly Dirent[]> => {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (thrown) {
    if (notThere(thrown)) return [];
    throw thrown;
  }
};

type Found = { readonly entries: FolderEntry[]; readonly problems: PlaceProblem[] };

const listStream = async (
  root: string,
  rel: string,
  writer: DeviceId,
  dev: DeviceId,
  found: Found,
  inHeal: boolean,
): Promise<void> => {
  const items = await list(join(root, rel));
  if (items.length > maxFilesPerWriter)
    found.problems.push({
      name: rel,
      tag: 'too-large',
      reason: `more than ${String(maxFilesPerWriter)} files; the rest is not read`,
    });
  for (const item of items.slice(0, maxFilesPerWriter)) {
    const child = `${rel}/${item.name}`;
    const healed = item.name.slice(healPrefix.length);
    if (item.name.startsWith('.')) continue; // temporary files, and what file managers leave behind
    if (item.isDirectory() && !inHeal && item.name.startsWith(healPrefix) && isDeviceId(healed))
      await listStream(root, child, writer, healed, found, true);
    else if (item.isFile()) {
      const name = segmentName(item.name);
      if (name) await addFile(root, child, writer, dev, name, found);
      else found.problems.push(foreign(child));
    } else found.problems.push(item.isDirectory() ? foreign(child) : notAFile(child));
  }
};

const addFile = async (
  root: string,
  rel: string,
  writer: DeviceId,
  dev: DeviceId,
  name: SegmentName,
  found: Found,
): Promise<void> => {
  // prettier-ignore
  const path = join(root, rel);
  try {
    const info = await lstat(path);
    if (!info.isFile()) found.problems.push(notAFile(rel));
    else
      found.entries.push({
        path, rel, writer, dev, name,
        size: info.size,
        stamp: `${rel}|${String(info.size)}|${String(Math.trunc(info.mtimeMs))}`,
      }); // prettier-ignore
  } catch (thrown) {
    // Gone between listing and looking: a sync program at work. The next look sees the truth.
    if (!notThere(thrown)) found.problems.push({ name: rel, tag: 'unreadable', reason: thrownText(thrown) });
  }
};

/** All segment files of a log, sorted by stream and range, and whatever else lies there. Throws what the system throws. */
export const scanLog = async (root: string, log: LogId): Promise<Found> => {
  // An unplugged drive must not look like a place that lost everything.
  await readdir(root);
  const found: Found = { entries: [], problems: [] };
  const folder = logFolder(log);
  for (const item of await list(join(root, folder))) {
    const rel = `${folder}/${item.name}`;
    if (item.name.startsWith('.')) continue;
    if (item.isSymbolicLink()) found.problems.push(notAFile(rel));
    else if (!item.isDirectory() || !isDeviceId(item.name)) found.problems.push(foreign(rel));
    else await listStream(root, rel, item.name, item.name, found, false);
  }
  found.entries.sort(
    (a, b) =>
      (a.dev < b.dev ? -1 : a.dev > b.dev ? 1 : 0) ||
      a.name.from - b.name.from ||
      a.name.to - b.name.to ||
      (a.rel < b.rel ? -1 : 1),
  );
  return found;
};

/** Bytes of a regular file of at most `limit` bytes, or why not. Never follows a link, never waits on a pipe. */
export const readPlain = async (path: string, limit: number): Promise<Buffer | 'not-a-file' | 'too-large'> => {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const info = await handle.stat();
    if (!info.isFile()) return 'not-a-file';
    if (info.size > limit) return 'too-large';
    const bytes = await handle.readFile();
    return bytes.length > limit ? 'too-large' : bytes;
  } finally {
    await handle.close();
  }
};

const syncFolder = async (path: string): Promise<void> => {
  try {
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows and some network drives cannot sync a folder; the rename is then as durable as they make it.
  }
};

/**
 * Write a file so that readers see all of it or nothing: temporary name, fsync, then the final name.
 * `replace: false` never overwrites: false when the name is taken.
 */
export const writeWhole = async (
  path: string,
  bytes: Uint8Array,
  unique: string,
  replace: boolean,
): Promise<boolean> => {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `${temporaryPrefix}${unique}`);
  try {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (replace) await rename(temporary, path);
    else await link(temporary, path);
    await syncFolder(folder);
    return true;
  } catch (thrown) {
    if (!replace && codeOf(thrown) === 'EEXIST') return false;
    if (!replace && ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(thrown)))
      return writeExclusive(path, bytes);
    throw thrown;
  } finally {
    await rm(temporary, { force: true });
  }
};

/** For drives without hard links: the name is taken first and filled then; a reader of the half file says so and retries. */
const writeExclusive = async (path: string, bytes: Uint8Array): Promise<boolean> => {
  try {
    const handle = await open(path, 'wx', 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
};

/** Where a device writes segments of a stream: its own under its name, copies of others' streams below `of-<device>`. */
export const streamFolder = (log: LogId, writer: DeviceId, dev: DeviceId): string =>
  writer === dev ? `${logFolder(log)}/${writer}` : `${logFolder(log)}/${writer}/${healPrefix}${dev}`;
