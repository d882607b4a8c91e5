import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const largest = 5 * 1024 * 1024;

/**
 * Lines into a file of the profile, readable by its owner only; at 5 MiB it becomes `<path>.1` and a new one begins, so that
 * a log never fills a disk. A log that cannot be written is no reason to stop: the line is lost.
 */
export const logFile = (path: string): ((line: string) => void) => {
  let size = sizeOf(path);
  return (line) => {
    try {
      if (size === null) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      if (size !== null && size > largest) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      const text = `${line}\n`;
      appendFileSync(path, text, { mode: 0o600 });
      size = (size ?? 0) + Buffer.byteLength(text);
    } catch {
      size = sizeOf(path);
    }
  };
};

const sizeOf = (path: string): number | null => {
  try {
    return statSync(path).size;
  } catch {
    return null;
  }
};
