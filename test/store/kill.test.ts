import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { everything, cleanUp, must, newDevice, openDevice, tempFolder, testClock } from '../support/log.ts';
import { eventByHash } from '../../main/store/events.ts';
import { readEpoch } from '../../main/store/clock.ts';
import { openProfile } from '../../main/store/profile.ts';

afterAll(cleanUp);
const script = new URL('../support/open-profile.ts', import.meta.url).pathname;
const deps = { clock: testClock(), log: () => undefined };

/** Start a process on a profile, kill -9 it after `lines` lines of output, and give back all that it said. */
const runAndKill = (dir: string, mode: string, lines: number): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, dir, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      text += chunk;
      if (text.split('\n').length > lines) child.kill('SIGKILL');
    });
    child.once('error', reject);
    // 'close': everything that it wrote before it died has been read.
    child.once('close', () => {
      resolve(text.split('\n').slice(0, -1));
    });
  });

describe('kill -9', () => {
  test(
    '30 kills while writing: no acknowledged note is lost, the stream stays whole, the key stays',
    { timeout: 240_000 },
    async () => {
      const dir = tempFolder('kill');
      const acknowledged: string[] = [];
      for (let round = 0; round < 30; round += 1) {
        const [first, ...hashes] = await runAndKill(dir, 'write', 2 + ((round * 7) % 23));
        // A kill between commit and epoch is a crash, not a copied profile: no new key after the first start.
        expect(first).toBe(JSON.stringify({ newKey: round === 0 ? 'first-start' : null }));
        acknowledged.push(...hashes.map((line) => JSON.parse(line) as string));
        expect(hashes.length).toBeGreaterThan(0);
      }
      const device = openDevice(dir);
      expect(device.newKey).toBe(null);
      expect(acknowledged.filter((hash) => eventByHash(device.db, hash) === undefined)).toEqual([]);
      expect(device.profile.store.check()).toEqual([]);
      // Whole: another device takes every stream to the end, and projections equal those made again.
      const reader = newDevice('reader');
      for (const log of device.log.logs(device.db)) {
        const report = reader.take(everything(device, log));
        expect([report.waiting, report.quarantined]).toEqual([0, []]);
        const digest = device.log.projectionDigest(device.db, log);
        device.act((db) => {
          device.log.rebuild(db, log);
          return { ok: true, value: null };
        });
        expect(device.log.projectionDigest(device.db, log)).toBe(digest);
      }
      expect(device.profile.epoch.read()).toBe(readEpoch(device.db));
    },
  );

  test('a second process is refused by name; after a kill the lock is free at once', async () => {
    const dir = tempFolder('lock');
    const child = spawn(process.execPath, [script, dir, 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<void>((resolve) => {
      child.once('close', () => {
        resolve();
      });
    });
    await new Promise<void>((resolve) => {
      child.stdout.once('data', () => {
        resolve();
      });
    });
    const second = openProfile(dir, deps);
    child.kill('SIGKILL');
    await ended;
    expect(second.ok || second.error.tag).toBe('InUse');
    expect(second.ok || second.error.what).toContain(`process ${child.pid}`);
    expect(existsSync(join(dir, 'lock'))).toBe(true);
    const profile = must(openProfile(dir, deps));
    const again = openProfile(dir, deps);
    expect(again.ok || again.error.tag).toBe('InUse');
    profile.close();
    must(openProfile(dir, deps)).close();
  });

  test('the lock does not hang on a reference: who keeps only the store keeps the profile', () => {
    const dir = tempFolder('collected');
    const args = ['--expose-gc', script, dir, 'collect'];
    const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(
      run.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([{ open: true }, expect.objectContaining({ tag: 'InUse' })]);
  });
});
