import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';
import { thrownText } from '../../shared/base/failure.ts';

const onlyOwner = 0o600;

/** An empty file that only its owner may read, where there is none: SQLite then fills it, and gives what lies beside it its mode. */
export const createPrivate = (path: string): void => {
  if (!existsSync(path)) closeSync(openSync(path, 'a', onlyOwner));
};

/**
 * A database and what SQLite keeps beside it, made readable to its owner alone: earlier versions left that to the folder. Where the
 * system refuses (the file is somebody else's), a line says so and work goes on. A mode means nothing on Windows.
 */
export const makePrivate = (path: string, log: (line: string) => void): void => {
  if (process.platform === 'win32') return;
  for (const file of [path, `${path}-wal`, `${path}-shm`])
    try {
      if (existsSync(file) && (statSync(file).mode & 0o077) !== 0) chmodSync(file, onlyOwner);
    } catch (thrown) {
      log(`the mode of a database file could not be set: ${thrownText(thrown)}`);
    }
};
