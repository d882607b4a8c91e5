// What commands sent beside the app is counted once, whenever the app dies.
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { tellBeside } from '../../main/core/usage-beside.ts';
import { openCore, scratch, value } from '../support/core.ts';

const folderOf = (home: string): string => join(home, 'profiles', 'default');
const fileOf = (home: string): string => join(folderOf(home), 'usage-beside');
const noon = Date.UTC(2026, 10, 24, 12);
const clock = { now: () => noon };
const tell = (home: string, statements: number): boolean =>
  tellBeside(folderOf(home), { day: '2026-11-24', statements, ms: 1_000 });
const statements = async (core: Core): Promise<number> => value(await core.call('budget.get', {})).mine.statements;
const counted = async (home: string): Promise<number> => {
  const core = await openCore(home, { clock });
  const found = await statements(core);
  await core.close();
  return found;
};

it('a file that an earlier session took and never counted is counted, and so is the next one', async () => {
  const home = scratch();
  expect(await counted(home)).toBe(0);
  tell(home, 5);
  copyFileSync(fileOf(home), `${fileOf(home)}.taken`);
  rmSync(fileOf(home));
  tell(home, 3);
  expect(await counted(home)).toBe(5);
  expect(await counted(home)).toBe(8);
  expect(await counted(home)).toBe(8);
  // The same figures once more are another command.
  tell(home, 3);
  expect(await counted(home)).toBe(11);
  expect([fileOf(home), `${fileOf(home)}.taken`].filter(existsSync)).toEqual([]);
}, 60_000);

it('a death before the count is on disk loses nothing, and one after it counts nothing twice', async () => {
  const [home, dead] = [scratch(), join(scratch(), 'home')];
  expect(await counted(home)).toBe(0);
  tell(home, 3);
  const core = await openCore(home, { clock });
  expect(await statements(core)).toBe(3);
  cpSync(home, dead, { recursive: true });
  rmSync(join(folderOf(dead), 'lock'), { recursive: true, force: true });
  const taken = readFileSync(`${fileOf(home)}.taken`);
  await core.close();
  expect(await counted(dead)).toBe(3);
  writeFileSync(`${fileOf(home)}.taken`, taken);
  expect(await counted(home)).toBe(3);
  expect(existsSync(`${fileOf(home)}.taken`)).toBe(false);
  expect(await counted(home)).toBe(3);
}, 60_000);
