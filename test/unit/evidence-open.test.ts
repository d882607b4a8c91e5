import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportAll } from '../../main/evidence/export-all.ts';
import { importAll } from '../../main/evidence/import-all.ts';
import { verifyPack } from '../../main/evidence/verify.ts';
import { lineHash, printLine } from '../../main/log/line.ts';
import { signedText } from '../../main/log/signature.ts';
import { views } from '../../main/log/views.ts';
import { openBlobs } from '../../main/log/blobs.ts';
import { openEventLog } from '../../main/log/open.ts';
import { openProfile } from '../../main/store/profile.ts';
import { ok } from '../../shared/base/result.ts';
import type { EventLine } from '../../shared/domain/event.ts';
import { zeroHash, type LogId } from '../../shared/domain/ids.ts';
import { takeApart } from '../support/pack-forge.ts';
import { draft, fullRoom, openDevice, openRoom, packRoom, unwrap, type PackDevice } from '../support/pack-room.ts';

const all = (device: PackDevice, dir: string) =>
  exportAll(
    {
      db: device.profile.store.read,
      log: device.open.log,
      views,
      blobs: device.profile.paths.blobs,
      clock: device.clock,
      agent: 'test',
    },
    dir,
  );

/** A profile that belongs to nobody yet. */
const emptyProfile = (dir: string) => {
  const clock = { now: () => Date.parse('2026-05-01T00:00:00.000Z') };
  const profile = unwrap(openProfile(dir, { clock, log: () => undefined }));
  const open = unwrap(openEventLog(profile, { clock, app: 'test', log: () => undefined }));
  const blobs = openBlobs(profile.paths.blobs);
  return {
    profile, open, blobs,
    deps: { store: profile.store, log: open.log, blobs },
    close: () => {
      open.close();
      profile.close();
    },
  }; // prettier-ignore
};

/** A stream of a device that nobody knows: its opening alone, by hand. */
const strangerIn = (log: LogId, n: number): { line: string; d: string[]; sig: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pub = publicKey.export({ format: 'jwk' }).x ?? '';
  const dev = createHash('sha256').update(Buffer.from(pub, 'base64url')).digest('base64url');
  const c = { pub, kx: pub, app: 'stranger', key_protection: 'file' };
  const line = printLine({
    bw: 1, log, dev, seq: 1, prev: zeroHash, n: Buffer.alloc(16, n).toString('base64url'), hlc: '019cad8faf3e0000',
    at: '2026-03-02T08:00:00.000Z', actor: `p_${String(n).padStart(32, '0')}`, type: 'stream.opened', v: 1, seen: {}, over: [], c, _sd: [],
  } as unknown as EventLine); // prettier-ignore
  return { line, d: [], sig: sign(null, Buffer.from(signedText(lineHash(line))), privateKey).toString('base64url') };
};

describe('everything as open files', () => {
  it('comes back equal: logs, files, redactions, and what waits for its predecessors', async () => {
    const { alice, bob, room, close } = await fullRoom();
    const [note] = alice.write(room, [draft('note.added', { text: 'to be forgotten' })]);
    const dev = alice.open.log.device.id;
    const [wire] = alice.open.log.read(alice.profile.store.read, room, dev, note!.seq, note!.seq);
    const digests = (JSON.parse(wire?.line ?? '{}') as { _sd: string[] })._sd;
    alice.write(room, [draft('redacted', { digests, basis: 'asked for' }, [note!.hash])]);
    // Bob's newest event arrives without the one before it.
    bob.write(room, [draft('note.added', { text: 'missing' })]);
    const [last] = bob.write(room, [draft('note.added', { text: 'waits' })]);
    const waits = bob.open.log.read(bob.profile.store.read, room, bob.open.log.device.id, last!.seq, last!.seq);
    unwrap(alice.profile.store.transaction((db) => ok(alice.open.log.intake(db, waits, 'test'))));

    const dir = join(alice.dir, 'all');
    expect(unwrap(all(alice, dir))).toMatchObject({ logs: 2, rooms: 1, blobs: 1 });
    const target = emptyProfile(join(alice.dir, 'fresh'));
    const done = unwrap(await importAll(target.deps, dir));
    expect(done).toMatchObject({ problems: [], logs: 2, blobs: 1 });
    for (const log of alice.open.log.logs(alice.profile.store.read))
      expect(target.open.log.projectionDigest(target.profile.store.read, log)).toBe(
        alice.open.log.projectionDigest(alice.profile.store.read, log),
      );
    expect(target.open.log.gaps(target.profile.store.read)).toEqual(alice.open.log.gaps(alice.profile.store.read));
    expect(
      JSON.stringify(views.entriesPage(target.profile.store.read, { log: room, order: 'recorded', limit: 500 })),
    ).not.toContain('forgotten');
    target.close();
    close();
  });

  it('of an empty profile is an empty export; one that is unfinished or foreign is named', async () => {
    const device = openDevice('Alice');
    const target = emptyProfile(join(device.dir, 'fresh'));
    const dir = join(device.dir, 'nothing');
    mkdirSync(dir);
    expect(await importAll(target.deps, dir)).toMatchObject({ ok: false, error: { tag: 'NotAnExport' } });
    for (const text of ['no', '{}', '{"format":{"name":"breakwater-open-export","version":9}}']) {
      writeFileSync(join(dir, 'index.json'), text);
      expect(await importAll(target.deps, dir)).toMatchObject({ ok: false, error: { tag: 'NotAnExport' } });
    }
    expect(all(device, dir)).toMatchObject({ ok: false, error: { tag: 'FolderNotEmpty' } });
    writeFileSync(join(device.dir, 'file'), '');
    expect(all(device, join(device.dir, 'file', 'below'))).toMatchObject({
      ok: false,
      error: { tag: 'ExportNotWritten' },
    });
    target.close();
    device.close();
  });

  it('that was changed is read as far as it holds, and each problem is named', async () => {
    const { alice, room, close } = await fullRoom();
    const dir = join(alice.dir, 'all');
    unwrap(all(alice, dir));
    const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as { blobs: { sha256: string }[] };
    const blob = index.blobs[0]?.sha256 ?? '';
    writeFileSync(join(dir, 'blobs', blob.slice(0, 2), blob), 'other bytes');
    const stream = join(dir, 'logs', room.replace(':', '-'), `${alice.open.log.device.id}.jsonl`);
    appendFileSync(stream, 'not json\n{"line":1}\n');
    rmSync(join(dir, 'waiting.jsonl'));
    const target = emptyProfile(join(alice.dir, 'fresh'));
    const done = unwrap(await importAll(target.deps, dir));
    expect(done.problems.map(({ where }) => where)).toEqual(expect.arrayContaining([`blobs/${blob}`]));
    expect(done.problems.filter(({ says }) => says.includes('no event'))).toHaveLength(2);
    // What holds is there all the same.
    expect(target.open.log.projectionDigest(target.profile.store.read, room)).toBe(
      alice.open.log.projectionDigest(alice.profile.store.read, room),
    );
    target.close();
    close();
  });
});

describe('a room of very many devices', () => {
  it('names them by one digest in the export, and a missing one is found', async () => {
    const device = openDevice('Alice');
    const room = openRoom(device);
    const strangers = Array.from({ length: 210 }, (_, n) => strangerIn(room, n + 1));
    unwrap(device.profile.store.transaction((db) => ok(device.open.log.intake(db, strangers, 'test'))));
    const done = await packRoom(device, room);
    const signers = join(device.dir, 'signers');
    writeFileSync(signers, done.signersLine);
    const report = await verifyPack(done.file, { signers });
    expect(report).toMatchObject({ outcome: 'verified', findings: [], streams: 212 });
    const { files } = await takeApart(done.file);
    const [last = '{}'] =
      files
        .get(`data/20-timeline/${device.open.log.device.id}.chain.jsonl`)
        ?.toString()
        .trimEnd()
        .split('\n')
        .slice(-1) ?? [];
    const { c } = JSON.parse(last) as { c: { heads: Record<string, Record<string, unknown>> } };
    expect(c.heads[room]).toMatchObject({ '*': [210, expect.stringMatching(/^[0-9a-f]{64}$/)] });
    device.close();
  }, 60_000);
});
