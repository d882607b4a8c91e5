// A passphrase for commands: from a private file, never from arguments; without one the core goes on and says so.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { unlock } from '../../main/cli/passphrase.ts';
import { openCore, scratch, value } from '../support/core.ts';

afterEach(() => {
  delete process.env['BREAKWATER_PASSPHRASE_FILE'];
});

it('is read from the file that is named, once, and a wrong one changes nothing', async () => {
  const home = scratch();
  const first = await openCore(home);
  value(await first.call('connection.protect', { passphrase: 'four words and a horse' }));
  await first.close();
  const core = await openCore(home);
  const locked = async (): Promise<boolean> => value(await core.call('connection.login', {})).secrets.locked;
  value(await unlock(core, false));
  expect(await locked()).toBe(true);
  const file = join(home, 'passphrase');
  process.env['BREAKWATER_PASSPHRASE_FILE'] = file;
  expect(await unlock(core, false)).toMatchObject({ error: { tag: 'PassphraseFileUnreadable' } });
  writeFileSync(file, 'four words and a house\n');
  expect(await unlock(core, false)).toMatchObject({ error: { tag: 'WrongPassphrase' } });
  expect(await locked()).toBe(true);
  writeFileSync(file, 'four words and a horse\nanother line\n');
  value(await unlock(core, false));
  expect(await locked()).toBe(false);
});
