// A display of our own for windows: Xvfb on a number that it picks itself, so that suites never meet.
import { spawn } from 'node:child_process';
import { ensureTestTools } from './debian.ts';

export type Display = { readonly name: string; readonly close: () => void };

/** Start Xvfb. Throws with its own words when it does not come up within 10 s. */
export const openDisplay = (): Promise<Display> => {
  ensureTestTools(['xvfb', 'electron']);
  return new Promise((resolve, reject) => {
    const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    let trouble = '';
    server.stderr?.setEncoding('utf8').on('data', (text: string) => (trouble = (trouble + text).slice(-2000)));
    const timer = setTimeout(() => fail('no display within 10 s'), 10_000);
    const fail = (why: string): void => {
      clearTimeout(timer);
      server.kill();
      reject(new Error(`Xvfb did not start: ${why} ${trouble}`));
    };
    server.once('error', (thrown) => fail(thrown.message));
    server.once('exit', (code) => fail(`exit ${code}`));
    const numbers = server.stdio[3];
    if (numbers === null || numbers === undefined || !('setEncoding' in numbers)) return fail('no pipe');
    numbers.setEncoding('utf8').once('data', (text: string) => {
      clearTimeout(timer);
      server.removeAllListeners('exit');
      resolve({ name: `:${text.trim()}`, close: () => void server.kill() });
    });
  });
};
