// The helper that runs a program as somebody for whom file modes hold says why it cannot, where it cannot.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { asPlainUser } from '../support/plain-user.ts';

const dir = mkdtempSync(join(tmpdir(), 'bw-plain-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const isRoot = process.getuid?.() === 0;
const run = (file: string) => {
  const { program, args } = asPlainUser('/bin/sh', [file]);
  return spawnSync(program, args, { encoding: 'utf8' });
};

it('runs in a closed folder of its own, and in one of another user says what is closed and what to do', () => {
  const file = join(dir, 'hello.sh');
  writeFileSync(file, 'echo hello');
  chmodSync(dir, 0o700);
  expect(run(file)).toMatchObject({ status: 0, stdout: 'hello\n' });
  // Only root can give a folder away.
  if (!isRoot) return;
  chownSync(file, 65_534, 65_534);
  chownSync(dir, 65_534, 65_534);
  expect(() => run(file)).toThrow(new RegExp(`may not read ${file}: a folder .* closed to others.*chmod o\\+rx`));
});
