import {
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';

/** Where a running practice lakehouse can be reached. */
export type PracticeAddress = {
  readonly host: string;
  readonly port: number;
  readonly controlPort: number;
  readonly httpPath: string;
  readonly token: string;
  readonly caFile: string;
  readonly pid: number;
  readonly seed: number;
};

const lockFile = (dir: string): string => join(dir, 'practice.lock');
const startFile = (dir: string): string => join(dir, 'starting.lock');
/** A starter that takes longer than this has died, whatever its pid says. */
const startingMs = 60_000;

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'EPERM';
  }
};

const readText = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

/** The address in the lock file, or null when there is none or it is no address (half-written, foreign). */
export const readLock = (dir: string): PracticeAddress | null => {
  const parsed = parseJson(readText(lockFile(dir)) ?? '');
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { host, port, controlPort, httpPath, token, caFile, pid, seed } = parsed.value;
  if (
    typeof host !== 'string' ||
    typeof httpPath !== 'string' ||
    typeof token !== 'string' ||
    typeof caFile !== 'string'
  )
    return null;
  if (
    typeof port !== 'number' ||
    typeof controlPort !== 'number' ||
    typeof pid !== 'number' ||
    typeof seed !== 'number'
  )
    return null;
  return { host, port, controlPort, httpPath, token, caFile, pid, seed };
};

/** Write it whole or not at all; only its owner may read the token in it. */
export const writeLock = (dir: string, address: PracticeAddress): void => {
  const file = `${lockFile(dir)}.${address.pid}`;
  writeFileSync(file, JSON.stringify(address), { mode: 0o600 });
  renameSync(file, lockFile(dir));
};

/** Remove the lock file if it is ours. */
export const removeLock = (dir: string, pid: number): void => {
  if (readLock(dir)?.pid === pid) rmSync(lockFile(dir), { force: true });
};

/** Become the one who starts. False when somebody else is starting now; a dead starter's claim is taken over. */
export const claimStart = (dir: string, now: number): boolean => {
  mkdirSync(dir, { recursive: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(startFile(dir), 'wx', 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return true;
    } catch {
      const holder = Number(readText(startFile(dir)) ?? 'NaN');
      let age = 0;
      try {
        age = now - statSync(startFile(dir)).mtimeMs;
      } catch {
        continue;
      }
      // Empty = written a moment ago by somebody else; only age can make it stale.
      const dead = Number.isInteger(holder) && holder > 0 && !isAlive(holder);
      if (!dead && age < startingMs) return false;
      rmSync(startFile(dir), { force: true });
    }
  }
  return false;
};

export const releaseStart = (dir: string): void => rmSync(startFile(dir), { force: true });
