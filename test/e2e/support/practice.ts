// The practice lakehouse of a test home, seen from outside: its process, its buttons, its name for the share.
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/browser.ts';
import { controlPractice, type PracticeAddress } from '../../../main/practice/launch.ts';
import { isAlive, readLock } from '../../../main/practice/lock.ts';

const dirOf = (home: string): string => join(home, 'practice');

/** The lakehouse that runs for a home. Throws when none does. */
export const practiceOf = (home: string): PracticeAddress => {
  const address = readLock(dirOf(home));
  if (address === null || !isAlive(address.pid)) throw new Error(`no practice lakehouse runs for ${home}`);
  return address;
};

export const isRunning = (home: string): boolean => {
  const address = readLock(dirOf(home));
  return address !== null && isAlive(address.pid);
};

/** End its process the hard way, and wait until it is gone. */
export const killPractice = async (home: string): Promise<void> => {
  const { pid } = practiceOf(home);
  process.kill(pid, 'SIGKILL');
  await until('the end of the practice process', () => (isAlive(pid) ? null : true), 5_000);
};

/** What a process has open, as /proc names it. */
export const openFiles = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      // Closed between the two calls.
      return [];
    }
  });

export const catalogOf = async (home: string): Promise<string> => {
  const state = await controlPractice(practiceOf(home), {});
  const catalog = state?.['catalog'];
  if (typeof catalog !== 'string') throw new Error('the practice lakehouse does not name its catalog');
  return catalog;
};

/** After the tests: nothing that was started here goes on. */
export const endPractice = async (home: string): Promise<void> => {
  if (!isRunning(home)) return;
  const address = practiceOf(home);
  await controlPractice(address, { stop: true });
  await until('the end of the practice process', () => (isAlive(address.pid) ? null : true), 15_000).catch(() => {
    process.kill(address.pid, 'SIGKILL');
  });
};
