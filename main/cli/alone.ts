// One process at a time: a second build waits, and then finds that there is nothing left to do. Used by resources/build.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from './machine.ts';

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
};

/** True when the holder is dead, or died between making the folder and writing its number. */
const abandoned = (folder: string): boolean => {
  try {
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    return !alive(pid);
  } catch {
    try {
      return systemClock.now() - statSync(folder).mtimeMs > 5000;
    } catch {
      return false;
    }
  }
};

/** Run `work` alone among all processes that use the same `folder`. Throws after `waitMs` of waiting. */
export const alone = async <T>(folder: string, waitMs: number, work: () => Promise<T>): Promise<T> => {
  mkdirSync(dirname(folder), { recursive: true });
  const until = systemClock.now() + waitMs;
  for (;;) {
    try {
      mkdirSync(folder);
      break;
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
      if (abandoned(folder)) rmSync(folder, { recursive: true, force: true });
      else if (systemClock.now() > until)
        throw new Error(`Another build still runs. If none does, remove ${folder}.`, { cause: thrown });
      else await sleep(150);
    }
  }
  try {
    writeFileSync(join(folder, 'pid'), String(process.pid));
    return await work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
