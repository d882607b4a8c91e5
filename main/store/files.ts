import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Flush a folder's entries, so that a new name survives a power cut. Windows cannot open folders; there it is implied. */
export const syncFolder = (dir: string): void => {
  if (process.platform === 'win32') return;
  const file = openSync(dir, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** Write a whole file so that it is either the old or the new one after a crash: temporary name, fsync, rename, fsync folder. */
export const writeAtomically = (path: string, bytes: Uint8Array | string, mode: number): void => {
  const temporary = `${path}.new-${process.pid}`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', mode);
  try {
    writeSync(file, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
};

/** The `epoch` counter: 16 digits and a line feed, overwritten in place (within one sector) and flushed. */
export type EpochFile = {
  readonly read: () => number | null;
  readonly write: (value: number) => void;
  readonly close: () => void;
};

export const openEpochFile = (path: string): EpochFile => {
  let file: number | undefined;
  return {
    read: () => {
      try {
        const text = readFileSync(path, 'utf8').trim();
        return /^\d{1,16}$/.test(text) ? Number(text) : null;
      } catch {
        return null;
      }
    },
    write: (value) => {
      const bytes = `${String(value).padStart(16, '0')}\n`;
      if (file === undefined) {
        writeAtomically(path, bytes, 0o600);
        file = openSync(path, 'r+');
        return;
      }
      writeSync(file, bytes, 0);
      fdatasyncSync(file);
    },
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
};
