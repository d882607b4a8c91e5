import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { attachmentLimit, chunkLimit } from '../../shared/contract/calls.ts';
import { err } from '../../shared/base/result.ts';
import { failure } from '../../shared/base/failure.ts';
import type { Connection } from '../../main/databricks/port.ts';
import { openCore, scratch, value } from '../support/core.ts';

const room = async (core: Core): Promise<string> =>
  value(await core.call('room.open', { from: 'hand', title: 'T', class: 'cost', severity: 'SEV5' })).log;

const attach = async (core: Core, log: string, name: string, bytes: Buffer): Promise<string> => {
  const { upload } = value(await core.call('attachment.begin', { log, name, size: bytes.length, media: 'text/plain' }));
  for (let offset = 0; offset < bytes.length; offset += chunkLimit) {
    const base64 = bytes.subarray(offset, offset + chunkLimit).toString('base64');
    value(await core.call('attachment.chunk', { upload, offset, base64 }));
  }
  return value(await core.call('attachment.commit', { upload, note: 'n' })).hashes[0] ?? '';
};
const readBack = async (core: Core, log: string, attachment: string): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for (let offset = 0; ;) {
    const part = value(await core.call('attachment.read', { log, attachment, offset }));
    const bytes = Buffer.from(part.base64, 'base64');
    parts.push(bytes);
    offset += bytes.length;
    if (bytes.length === 0 || offset >= part.size) return Buffer.concat(parts);
  }
};

describe('attached files', () => {
  it('come back byte for byte, from 0 bytes to several chunks', async () => {
    const core = await openCore(scratch());
    const log = await room(core);
    for (const size of [0, 1, chunkLimit, chunkLimit * 2 + 17]) {
      const bytes = randomBytes(size);
      const id = await attach(core, log, `f${size}.bin`, bytes);
      expect(await readBack(core, log, id)).toEqual(bytes);
      const shown = value(await core.call('room.get', { log })).attachments.find((one) => one.id === id);
      expect(shown).toMatchObject({ size, here: true, sha256: createHash('sha256').update(bytes).digest('hex') });
    }
  });

  it('keep a hostile name in the event and show it so that nobody is misled', async () => {
    const home = scratch();
    const core = await openCore(home);
    const log = await room(core);
    const name = '../../etc/\u202Etxt.exe\u0000\u200B';
    const id = await attach(core, log, name, Buffer.from('x'));
    const shown = value(await core.call('room.get', { log })).attachments.find((one) => one.id === id);
    expect(shown?.name).toBe('../../etc/·txt.exe··');
    expect(readdirSync(join(home, 'profiles', 'default', 'blobs'))).toHaveLength(1);
    const { rows } = value(await core.call('room.timeline', { log }));
    expect(rows.find((row) => row.id === id)?.title).toBe('File: ../../etc/·txt.exe··');
  });

  it('are refused above the limit before a byte travels', async () => {
    const core = await openCore(scratch());
    const log = await room(core);
    const answer = await core.call('attachment.begin', { log, name: 'big', size: attachmentLimit + 1, media: 'x' });
    expect(answer).toMatchObject({ ok: false, error: { tag: 'FileTooLarge' } });
  });

  it('are complete or not there: gaps, overlong parts and unknown transfers are named', async () => {
    const core = await openCore(scratch());
    const log = await room(core);
    const { upload } = value(await core.call('attachment.begin', { log, name: 'f', size: 4, media: 'x' }));
    const chunk = (offset: number, text: string) =>
      core.call('attachment.chunk', { upload, offset, base64: Buffer.from(text).toString('base64') });
    expect(await chunk(1, 'a')).toMatchObject({ error: { tag: 'OutOfOrder' } });
    expect(await chunk(0, 'abcde')).toMatchObject({ error: { tag: 'FileChanged' } });
    value(await chunk(0, 'ab'));
    expect(await core.call('attachment.commit', { upload })).toMatchObject({ error: { tag: 'FileChanged' } });
    value(await chunk(2, 'cd'));
    value(await core.call('attachment.commit', { upload }));
    expect(await core.call('attachment.commit', { upload })).toMatchObject({ error: { tag: 'NoSuchUpload' } });
    expect(value(await core.call('room.get', { log })).attachments).toHaveLength(1);
  });

  it('leave nothing behind when a transfer is never finished', async () => {
    const home = scratch();
    const first = await openCore(home);
    const log = await room(first);
    value(await first.call('attachment.begin', { log, name: 'f', size: 4, media: 'x' }));
    await first.close();
    await openCore(home);
    expect(readdirSync(join(home, 'profiles', 'default'))).not.toContain('incoming');
  });
});

describe('an own workspace', () => {
  const given = {
    host: 'adb-1234567890123456.7.azuredatabricks.net',
    httpPath: '/sql/1.0/warehouses/abc',
    token: 'dapiCANARYtoken',
  };

  it('is saved only with consent, and the failure says what is not encrypted', async () => {
    const core = await openCore(scratch());
    const answer = await core.call('connection.save', { ...given, acceptUnencrypted: false });
    expect(answer).toMatchObject({ ok: false, error: { tag: 'ConsentMissing' } });
    expect(answer.ok ? '' : answer.error.what).toMatch(/not encrypted.*token.*facts.*rooms/);
  });

  it('keeps its token in a private file and nowhere else', async () => {
    const home = scratch();
    const lines: string[] = [];
    const note = (message: string, fields: object = {}): void => void lines.push(message + JSON.stringify(fields));
    const opened: Connection[] = [];
    const core = await openCore(home, {
      logger: { info: note, warn: note, error: note },
      background: true,
      openWorkspace: (connection) => {
        opened.push(connection);
        return err(failure('Offline', `cannot reach ${connection.host}`, 's', 't'));
      },
    });
    value(await core.call('connection.save', { ...given, acceptUnencrypted: true }));
    const folder = join(home, 'profiles', 'default');
    expect(statSync(join(folder, 'secrets', 'workspace.secret')).mode & 0o777).toBe(0o600);
    await expect.poll(() => opened.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(opened[0]).toMatchObject({ kind: 'workspace', host: given.host });
    expect(opened[0]?.auth.secrets()).toEqual([given.token]);
    const status = value(await core.call('app.status', {}));
    expect(status.workspace).toMatchObject({ kind: 'workspace', host: given.host, state: 'offline' });
    expect(JSON.stringify(status) + lines.join()).not.toContain('CANARY');
    await core.close();
    for (const file of readdirSync(folder).filter((name) => name !== 'secrets' && name !== 'blobs')) {
      expect(readFileSync(join(folder, file)).includes('CANARY'), file).toBe(false);
    }
  });

  it('goes back to practice, and the token is gone', async () => {
    const home = scratch();
    const core = await openCore(home, { openWorkspace: () => err(failure('Offline', 'w', 's', 't')) });
    value(await core.call('connection.save', { ...given, acceptUnencrypted: true }));
    value(await core.call('connection.usePractice', {}));
    expect(readdirSync(join(home, 'profiles', 'default', 'secrets'))).toEqual([]);
    expect(value(await core.call('app.status', {})).workspace.kind).toBe('none');
  });

  it('is never a host that could be somebody else’s', async () => {
    const core = await openCore(scratch());
    for (const host of [
      'http://x.cloud.databricks.com',
      'adb-1.azuredatabricks.net.evil.test',
      '169.254.169.254',
      'a@evil.test',
    ]) {
      expect((await core.call('connection.save', { ...given, host, acceptUnencrypted: true })).ok, host).toBe(false);
    }
  });

  it('offers a finished pack to the window that asked', async () => {
    const offered: string[] = [];
    const core = await openCore(scratch(), {
      offerFile: (file) => {
        offered.push(file);
        return '/download/once';
      },
    });
    const log = await room(core);
    const preview = value(await core.call('pack.preview', { log }));
    expect(preview.events).toBeGreaterThan(0);
    const pack = value(await core.call('pack.export', { log, purpose: 'audit' }));
    expect(pack.download).toBe('/download/once');
    expect(offered).toEqual([pack.file]);
    expect(createHash('sha256').update(readFileSync(pack.file)).digest('hex')).toBe(pack.sha256);
    expect(readFileSync(pack.signersFile, 'utf8')).toMatch(/^p_[0-9a-f]{32}\/\S+ .*ssh-ed25519 /);
    expect(pack.file).toMatch(/\/[A-Za-z0-9.-]+\.zip$/);
  });
});
