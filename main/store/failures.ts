import { failure, thrownText, type Failure } from '../../shared/base/failure.ts';

export type StoreTag =
  'FileNewerThanApp' | 'NotOurs' | 'Corrupt' | 'ReadOnlyFolder' | 'DiskFull' | 'InUse' | 'StoreBroken';
export type StoreFailure = Failure<StoreTag>;

const untouched = 'Nothing in the profile was changed.';

export const fileNewerThanApp = (path: string, file: number, app: number): StoreFailure =>
  failure(
    'FileNewerThanApp',
    `${path} was written by a newer Breakwater (schema ${file}; this one knows ${app}).`,
    untouched,
    'Start the newer Breakwater, or use another profile with this one.',
    `schema ${file} > ${app}`,
  );

export const notOurs = (path: string, why: string): StoreFailure =>
  failure(
    'NotOurs',
    `${path} is not a Breakwater database: ${why}.`,
    'The file was not changed.',
    'Move the file away or choose another profile folder.',
  );

export const corrupt = (path: string, detail: string): StoreFailure =>
  failure(
    'Corrupt',
    `${path} is damaged: ${detail}`,
    'The file was left as it is. What was shared is on the share and on other devices.',
    'Copy the profile folder away first. Then start with a new profile and sync, or restore a backup.',
  );

export const readOnlyFolder = (path: string, code: string): StoreFailure =>
  failure(
    'ReadOnlyFolder',
    `${path} cannot be written.`,
    untouched,
    'Give this user write permission to the profile folder, or choose another folder.',
    code,
  );

export const diskFull = (path: string, code: string): StoreFailure =>
  failure(
    'DiskFull',
    `The disk that holds ${path} is full.`,
    'What was saved before is safe; this change was not saved and its text is still in the form.',
    'Free some space, then save again.',
    code,
  );

export const inUse = (path: string, holder: string): StoreFailure =>
  failure(
    'InUse',
    `The profile ${path} is open in another Breakwater process${holder}.`,
    untouched,
    'Use the open window, close it, or start with another profile (--profile NAME).',
  );

const errorCode = (thrown: unknown): string =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';

/** Name what SQLite or the file system threw; null when it is no condition of the outside world (then it is a bug). */
export const storeFailureOf = (thrown: unknown, path: string): StoreFailure | null => {
  const code = errorCode(thrown);
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, code);
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return corrupt(path, thrownText(thrown));
  if (code.startsWith('SQLITE_READONLY') || ['SQLITE_CANTOPEN', 'EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return readOnlyFolder(path, code);
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return inUse(path, '');
  if (code.startsWith('SQLITE_IOERR') || ['EIO', 'ENOTDIR', 'ENOENT', 'EISDIR'].includes(code)) {
    return failure(
      'StoreBroken',
      `${path} could not be read or written: ${thrownText(thrown)}`,
      'What was saved before is safe; this change was not saved.',
      'Check the disk and the folder, then start again.',
      code,
    );
  }
  return null;
};
