import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { openDriver } from '../../main/store/sqlite.ts';
import { attachmentLimit, chunkLimit } from '../../shared/contract/calls.ts';
import { openCore, scratch, value } from '../support/core.ts';

/** Attached files as people have them. Transfers that break off are in core-files.test.ts. */
const room = async (core: Core): Promise<string> =>
  value(await core.call('room.open', { from: 'hand', title: 'T', class: 'cost', severity: 'SEV5' })).log;
const begin = (core: Core, log: string, name: string, size: number) =>
  core.call('attachment.begin', { log, name, size, media: 'application/octet-stream' });
const attach = async (core: Core, log: string, name: string, bytes: Buffer): Promise<string> => {
  const { upload } = value(await begin(core, log, name, bytes.length));
  for (let offset = 0; offset < bytes.length; offset += chunkLimit) {
    const base64 = bytes.subarray(offset, offset + chunkLimit).toString('base64');
    value(await core.call('attachment.chunk', { upload, offset, base64 }));
  }
  return value(await core.call('attachment.commit', { upload })).hashes[0] ?? '';
};
/** Names of attached files exactly as their events hold them, read past the program. */
const namesInEvents = (home: string): readonly string[] => {
  const driver = openDriver(join(home, 'profiles', 'default', 'breakwater.db'), { mustExist: true });
  try {
    const rows = driver.prepare('SELECT d FROM event').all([]) as readonly { readonly d: string }[];
    return rows
      .flatMap(({ d }) => (JSON.parse(d) as readonly string[]).map((one) => ({ d: one })))
      .map(({ d }) => JSON.parse(Buffer.from(d, 'base64url').toString('utf8')) as readonly [string, string, unknown])
      .flatMap(([, field, content]) => (field === 'name' && typeof content === 'string' ? [content] : []));
  } finally {
    driver.close();
  }
};
const everythingBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name));

const hostile = [
  '../../../etc/passwd', '..\\..\\windows\\win.ini', '/etc/shadow', 'C:\\autoexec.bat', '.', '..', '...', '~', '-rf', '--help', 'a/b/c',
  'nul\u0000byte', 'line\nbreak', 'tab\there', '\u001b[2Jclear', '\u009b31m', 'bell\u0007', 'cod\u202Egnp.exe', '\u2066isolate\u2069', '\u200Bzero\u200D', '\uFEFFbom',
  'CON', 'aux.txt', 'a:stream', 'trailing. ', ' leading', '<img src=x onerror=alert(1)>', "'; DROP TABLE event; --", '=cmd|calc!A1', '%2e%2e%2f', '𝒻ancy', 'é', 'e\u0301',
  'x'.repeat(1000),
]; // prettier-ignore

describe('attached files', () => {
  it('of no bytes and of exactly the largest size are taken; one byte more is refused in words, and nothing is left', async () => {
    const home = scratch();
    const core = await openCore(home);
    const log = await room(core);
    await attach(core, log, 'empty.txt', Buffer.alloc(0));
    await attach(core, log, 'largest.bin', randomBytes(attachmentLimit));
    const before = everythingBelow(home).length;
    const events = value(await core.call('room.get', { log })).entries;
    const answer = await begin(core, log, 'one more.bin', attachmentLimit + 1);
    expect(answer).toMatchObject({ ok: false, error: { tag: 'FileTooLarge', safe: expect.any(String) } });
    if (!answer.ok) expect(`${answer.error.what} ${answer.error.advice}`).toMatch(/26214401 bytes.*25.0 MiB.*SHA-256/s);
    for (const size of [Number.MAX_SAFE_INTEGER, 2 ** 40])
      expect((await begin(core, log, 'huge', size)).ok).toBe(false);
    for (const size of [-1, 0.5, Number.NaN]) expect(await begin(core, log, 'odd', size)).toMatchObject({ ok: false });
    expect(everythingBelow(home).length).toBe(before);
    const shown = value(await core.call('room.get', { log }));
    expect(shown.entries).toBe(events);
    expect(shown.attachments.map(({ size, here }) => [size, here]).toSorted()).toEqual([[0, true], [attachmentLimit, true]].toSorted()); // prettier-ignore
  }, 60_000);

  it('keep their names exactly in the event, and none becomes a path or reaches the screen unseen', async () => {
    const home = scratch();
    const core = await openCore(home);
    const log = await room(core);
    for (const name of hostile) await attach(core, log, name, Buffer.from(name));
    expect(
      namesInEvents(home)
        .filter((name) => hostile.includes(name))
        .toSorted(),
    ).toEqual(hostile.toSorted());
    const blobs = everythingBelow(join(home, 'profiles', 'default', 'blobs'));
    const files = blobs.filter((path) => statSync(path).isFile());
    expect(files).toHaveLength(hostile.length);
    expect(blobs.map((path) => basename(path)).filter((name) => !/^(?:[0-9a-f]{2}|[0-9a-f]{64})$/.test(name))).toEqual(
      [],
    );
    for (const { name } of value(await core.call('room.get', { log })).attachments)
      expect(/[\p{Cc}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u.test(name), JSON.stringify(name)).toBe(false);

    const pack = value(await core.call('pack.export', { log, purpose: 'names' }));
    expect(basename(pack.file)).toMatch(/^[A-Za-z0-9.-]+\.zip$/);
    const paths = value(await core.call('pack.preview', { log })).lines.map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(hostile.length);
    expect(paths.filter((path) => !/^[\w./-]+$/.test(path) || path.split('/').includes('..'))).toEqual([]);
  }, 60_000);

  it('of any name whatever are taken or refused in words, and what was taken is found again', async () => {
    const home = scratch();
    const core = await openCore(home);
    const log = await room(core);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (name) => {
        const begun = await begin(core, log, name, 0);
        expect(begun.ok).toBe(name.length > 0);
        if (!begun.ok) return;
        const done = value(await core.call('attachment.commit', { upload: begun.value.upload }));
        expect(done.hashes).toHaveLength(1);
        expect(namesInEvents(home)).toContain(name);
      }),
      { numRuns: 40 },
    );
    // Half of a pair of surrogates is no text: it is made whole, never a broken event.
    await attach(core, log, 'half \ud800 pair', Buffer.alloc(0));
    expect(namesInEvents(home)).toContain('half \ufffd pair');
    expect(namesInEvents(home).filter((name) => !name.isWellFormed())).toEqual([]);
    await core.close();
    expect(value(await (await openCore(home)).call('room.get', { log })).withoutEffect).toBe(0);
  }, 60_000);
});
