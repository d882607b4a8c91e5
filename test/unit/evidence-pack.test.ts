import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../../main/evidence/csv.ts';
import { exportPack, packCommands } from '../../main/evidence/export-pack.ts';
import { previewPack } from '../../main/evidence/preview-pack.ts';
import { verifyPack } from '../../main/evidence/verify.ts';
import { views } from '../../main/log/views.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import { takeApart, type Parts } from '../support/pack-forge.ts';
import {
  admitDevice, carry, citation, draft, fullRoom, openDevice, openRoom, packDeps, packRoom, type PackDevice,
} from '../support/pack-room.ts'; // prettier-ignore

let world: Awaited<ReturnType<typeof fullRoom>>;
let parts: Parts;
let signers: string;
let file: string;
const text = (path: string, from: Parts = parts): string => from.files.get(path)?.toString() ?? '';
const json = (path: string) => JSON.parse(text(path));
const jsonl = (path: string) =>
  text(path)
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const verify = (pack: string, signersLine: string) => {
  writeFileSync(`${pack}.signers`, signersLine);
  return verifyPack(pack, { signers: `${pack}.signers` });
};

beforeAll(async () => {
  world = await fullRoom();
  const done = await packRoom(world.alice, world.room, {
    facts: [citation(1), citation(2), citation(3, 'model-version')],
    lineage: { edges: [{ from: 'a', to: 'b' }], completeTo: null, source: 'system.access.table_lineage' },
  });
  ({ signersLine: signers, file } = done);
  parts = await takeApart(file);
});
afterAll(() => world.close());

describe('a pack of a full room', () => {
  it('is verified by the key of its device, and only with it', async () => {
    expect(await verify(file, signers)).toMatchObject({ outcome: 'verified', findings: [] });
    expect((await verifyPack(file, {})).outcome).toBe('intact, signer unknown');
    const { signer } = await verifyPack(file, {});
    expect((await verifyPack(file, { fingerprint: signer?.fingerprint ?? '' })).outcome).toBe('verified');
    const other = await verifyPack(file, { fingerprint: `SHA256:${'A'.repeat(43)}` });
    expect(other).toMatchObject({ outcome: 'refused', findings: [{ what: 'fingerprint-differs' }] });
  });
  it('shows what the log says: both sides of a conflict, decisions, tasks, handovers', () => {
    const incident = json('data/10-incident/incident.json');
    expect(incident.title.value).toBe('Revenue forecast is wrong');
    expect(incident.severity.in_conflict.map(({ value }: { value: string }) => value).sort()).toEqual(['SEV1', 'SEV3']);
    expect(json('data/10-incident/clocks.json').seconds).toMatchObject({ to_detect: 5400, to_mitigate: null });
    expect(jsonl('data/30-decisions/decisions.jsonl')).toMatchObject([
      {
        title: 'Roll back',
        dissent: 'Bob would wait',
        state: { value: 'withdrawn' },
        by: { name: 'Alice Ämter', attested: true },
      },
    ]);
    expect(jsonl('data/30-decisions/tasks.jsonl')).toMatchObject([{ text: 'check the job', state: { value: 'done' } }]);
    expect(jsonl('data/30-decisions/handovers.jsonl')).toMatchObject([
      { to: 'Platform team', state: { value: 'offered' } },
    ]);
    expect(jsonl('data/50-audit/audit_extract.jsonl')).toHaveLength(2);
    expect(jsonl('data/70-models/models.jsonl')).toHaveLength(1);
    expect(json('data/60-lineage/lineage.json')).toMatchObject({ collected: true, edges: [{ from: 'a', to: 'b' }] });
  });
  it('has a timeline table with one row an entry, and nothing in it that a spreadsheet would run', () => {
    const rows = parseCsv(text('data/20-timeline/merged.csv'));
    const entries = world.alice.profile.store.read;
    expect(rows).toHaveLength(1 + views.entriesPage(entries, { log: world.room, order: 'recorded', limit: 1 }).total);
    expect(rows.map((row) => row[4])).toContain('pack.exported');
    expect(text('data/20-timeline/merged.csv')).not.toMatch(/(^|,)"?=HYPER/m);
  });
  it('has a page that runs nothing and shows tags as text', () => {
    const page = text('data/00-START-HERE.html');
    expect(page).toContain("default-src 'none'");
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('\u202e');
  });
  it('holds files under their digest only, and lists the one that is not here', () => {
    const blobs = [...parts.files.keys()].filter((path) => /95-attachments\/[0-9a-f]{64}$/.test(path));
    expect(blobs).toHaveLength(1);
    expect([...parts.files.keys()].join('\n')).not.toContain('evil');
    expect(json('data/95-attachments/absent.json')).toHaveLength(1);
    expect(parseCsv(text('data/95-attachments/index.csv')).map((row) => row[1])).toEqual(
      expect.arrayContaining(['yes']),
    );
    expect(parseCsv(text('data/custody.csv')).length).toBe(1 + 2 + 3);
  });
  it('names words and names of people only in disclosures and views of them', () => {
    const chains = [...parts.files]
      .filter(([path]) => path.endsWith('.chain.jsonl'))
      .map(([, bytes]) => bytes.toString());
    for (const secret of ['Alice', 'Bob', 'Roll back', 'example.test', 'evil'])
      expect(chains.join('')).not.toContain(secret);
  });
  it('says how to check it, with the names filled in', () => {
    const done = { file, top: parts.top, principal: signers.split(' ')[0] ?? '' };
    expect(packCommands(done).join('\n')).toContain(`-I ${done.principal} -n evidence-pack@breakwater`);
    expect(text('data/VERIFY.txt')).toContain('prove nothing by themselves');
    expect(text('bag-info.txt')).toContain('Breakwater-Pack-Version: 1\n');
  });
  it('leaves nothing beside itself', () => {
    expect(readdirSync(world.alice.dir).filter((name) => /partial|breakwater-pack/.test(name))).toEqual([]);
  });
});

describe('people', () => {
  it('who nobody attested are told apart, with what they wrote', async () => {
    const alice = openDevice('Alice');
    const carol = openDevice('Carol', { org: alice.org });
    const room = openRoom(alice);
    carry(alice, carol);
    carol.write(room, [draft('note.added', { text: 'am I here?' })]);
    carry(carol, alice);
    const done = await packRoom(alice, room);
    const files = await takeApart(done.file);
    const { people } = JSON.parse(text('data/10-incident/people.json', files));
    expect(people.map((person: { name: string; attested: boolean }) => [person.name, person.attested])).toEqual(
      expect.arrayContaining([['Alice', true], ['Carol', false]]),
    ); // prettier-ignore
    const row = parseCsv(text('data/20-timeline/merged.csv', files)).find((cells) => cells[4] === 'note.added');
    expect(row?.slice(6, 10)).toEqual(['Carol', 'not attested', 'none', 'not-attested']);
    const report = await verify(done.file, done.signersLine);
    expect(report.outcome).toBe('verified');
    expect(report.remarks.map(({ says }) => says).join()).toContain('not attested');
    // Carol's own export: her device is not attested, so the log gives her no right to it, and the pack says so.
    const hers = await packRoom(carol, room);
    const herReport = await verify(hers.file, hers.signersLine);
    expect(herReport.outcome).toBe('verified');
    expect(herReport.remarks.map(({ says }) => says).join()).toContain('had no right to');
    const preview = previewPack(packDeps(alice), { room, notShared: 4 });
    expect(preview).toMatchObject({ ok: true, value: { notAttested: 1, devices: 2 } });
    if (preview.ok) expect(preview.value.warnings.join()).toContain('4 entries are only on this device');
    carol.close();
    alice.close();
  });
  it('and rooms that have nothing to do with a pack are not named in it', async () => {
    const alice = openDevice('Alice');
    const dave = openDevice('Dave', { org: alice.org });
    carry(dave, alice);
    admitDevice(alice, dave);
    alice.write(alice.org, [
      draft('room.announced', { log: `inc:${'9'.repeat(32)}`, title: 'Another secret incident' }),
    ]);
    const room = openRoom(alice);
    const done = await packRoom(alice, room);
    const all = [...(await takeApart(done.file)).files.values()].join('\n');
    const told = Buffer.from(
      all
        .match(/"d":"([^"]+)"/g)
        ?.map((d) => Buffer.from(d.slice(5, -1), 'base64url').toString())
        .join('\n') ?? '',
    );
    expect(`${all}${told.toString()}`).not.toMatch(/Dave|Another secret/);
    expect((await verify(done.file, done.signersLine)).outcome).toBe('verified');
    const redactions = parseCsv(text('data/90-disclosures/redactions.csv', await takeApart(done.file)));
    expect(redactions.length).toBeGreaterThan(1);
    expect(redactions[1]?.[7]).toContain('outside this incident');
    dave.close();
    alice.close();
  });
});

describe('what is taken away later', () => {
  let device: PackDevice;
  let room: LogId;
  beforeAll(() => {
    device = openDevice('Alice');
    room = openRoom(device);
  });
  afterAll(() => device.close());

  it('a redacted text is gone everywhere, its reason is there, and the pack verifies', async () => {
    const [note] = device.write(room, [draft('note.added', { text: 'phone number of a customer' })]);
    const line = device.open.log.read(
      device.profile.store.read,
      room,
      device.open.log.device.id,
      note?.seq ?? 0,
      note?.seq ?? 0,
    )[0];
    const digest = (JSON.parse(line?.line ?? '{}') as { _sd: string[] })._sd;
    device.write(room, [draft('redacted', { digests: digest, basis: 'art. 17 GDPR' }, [note!.hash])]);
    const done = await packRoom(device, room);
    const files = await takeApart(done.file);
    expect([...files.files.values()].map((bytes) => bytes.toString()).join()).not.toContain('phone number');
    const [row] = parseCsv(text('data/90-disclosures/redactions.csv', files)).filter(
      (cells) => cells[6] === 'redacted',
    );
    expect(row).toMatchObject({ 4: 'note.added', 5: 'text', 7: 'art. 17 GDPR', 8: 'Alice' });
    expect((await verify(done.file, done.signersLine)).outcome).toBe('verified');
  });
  it('with every disclosure withheld the chain, the rebuild and the pack still hold', async () => {
    const done = await packRoom(device, room, { withhold: () => true });
    const files = await takeApart(done.file);
    expect(text('data/90-disclosures/disclosures.jsonl', files)).toBe('');
    expect(text('data/00-START-HERE.html', files)).toContain('Incident without a title');
    expect((await verify(done.file, done.signersLine)).outcome).toBe('verified');
  });
});

describe('an export', () => {
  it('of a room without a note, and of one with 1,200 entries, verifies', async () => {
    const device = openDevice('Alice');
    const empty = openRoom(device);
    const first = await packRoom(device, empty);
    expect((await verify(first.file, first.signersLine)).outcome).toBe('verified');
    const large = openRoom(device, 'Large');
    device.write(
      large,
      Array.from({ length: 1200 }, (_, n) => draft('note.added', { text: `note ${n}` })),
    );
    const done = await packRoom(device, large, { facts: Array.from({ length: 300 }, (_, n) => citation(n)) });
    const report = await verify(done.file, done.signersLine);
    expect(report).toMatchObject({ outcome: 'verified', findings: [] });
    expect(report.events).toBeGreaterThan(1500);
    device.close();
  });
  it('cites facts and records itself in one act, with the heads that it knew', async () => {
    const device = openDevice('Alice');
    const room = openRoom(device);
    const before = device.open.log.heads(device.profile.store.read, room)[0];
    await packRoom(device, room, { facts: [citation(1)] });
    const [, cited, exported] = device.open.log
      .read(device.profile.store.read, room, device.open.log.device.id, before!.seq, before!.seq + 2)
      .map(({ line }) => JSON.parse(line) as { type: string; c: { heads?: Record<string, unknown> } });
    expect([cited?.type, exported?.type]).toEqual(['fact.cited', 'pack.exported']);
    expect(exported?.c.heads?.[room]).toEqual({ [before!.dev]: [before!.seq, before!.hash] });
    expect(Object.keys(exported?.c.heads ?? {})).toContain(device.org);
    device.close();
  });
  it('shows beforehand exactly what it would write, and writes nothing', async () => {
    const { alice, room } = world;
    const before = alice.open.log.projectionDigest(alice.profile.store.read, room);
    const preview = previewPack(packDeps(alice), { room });
    expect(alice.open.log.projectionDigest(alice.profile.store.read, room)).toBe(before);
    if (!preview.ok) throw new Error(preview.error.what);
    const done = await packRoom(alice, room, { file: join(alice.dir, 'second.zip') });
    const written = await takeApart(done.file);
    const there = preview.value.lines
      .filter(({ withheld, path }) => withheld === null || !path.includes('95-att'))
      .map(({ path }) => path);
    expect(there.sort()).toEqual([...written.files.keys()].sort());
    expect(preview.value.absentBlobs).toEqual(done.absentBlobs);
    // The purpose is the only thing that the preview did not know.
    const total = preview.value.lines
      .filter(({ path }) => path.includes('org/'))
      .every(({ path, size }) => written.files.get(path)?.length === size);
    expect(total).toBe(true);
  });
  it('leaves out a file whose bytes were changed on this disk, and says so', async () => {
    const device = openDevice('Alice');
    const room = openRoom(device);
    const blob = await device.blobs.put(Buffer.from('as it was'), 'text/plain');
    if (!blob.ok) throw new Error(blob.error.what);
    device.write(room, [draft('attachment.added', { name: 'a', blob: blob.value })]);
    writeFileSync(device.blobs.path(blob.value.sha256) ?? '', 'as it became');
    const done = await packRoom(device, room);
    expect(done.damagedBlobs).toEqual([blob.value.sha256]);
    expect((await verify(done.file, done.signersLine)).outcome).toBe('verified');
    device.close();
  });
  it('refuses what cannot be: no such room, no such folder, a folder in the way; no half file stays', async () => {
    const device = openDevice('Alice');
    const room = openRoom(device);
    const head = device.open.log.heads(device.profile.store.read, room)[0]?.seq;
    const request = { room, actor: device.person, file: join(device.dir, 'no/such/pack.zip') };
    expect(await exportPack(packDeps(device), request)).toMatchObject({ ok: false, error: { tag: 'PackNotWritten' } });
    const wrong = { ...request, room: `inc:${'0'.repeat(32)}` as LogId, file: join(device.dir, 'a.zip') };
    expect(await exportPack(packDeps(device), wrong)).toMatchObject({ ok: false, error: { tag: 'NoSuchRoom' } });
    expect(device.open.log.heads(device.profile.store.read, room)[0]?.seq).toBe(head);
    mkdirSync(join(device.dir, 'taken.zip'));
    const taken = await exportPack(packDeps(device), { ...request, file: join(device.dir, 'taken.zip') });
    expect(taken).toMatchObject({ ok: false, error: { tag: 'PackNotWritten' } });
    expect(readdirSync(device.dir).filter((name) => name.includes('partial'))).toEqual([]);
    const bad = await exportPack(packDeps(device), {
      ...request,
      actor: 'nobody' as ActorId,
      file: join(device.dir, 'b.zip'),
    });
    expect(bad.ok).toBe(false);
    expect(existsSync(join(device.dir, 'b.zip'))).toBe(false);
    rmSync(join(device.dir, 'taken.zip'), { recursive: true });
    device.close();
  });
  it('replaces an older pack only when the new one is whole', async () => {
    const device = openDevice('Alice');
    const room = openRoom(device);
    const one = await packRoom(device, room);
    const two = await packRoom(device, room);
    expect(two.file).toBe(one.file);
    expect(two.top).not.toBe(one.top);
    expect(readFileSync(two.file).length).toBe(two.size);
    expect((await verify(two.file, two.signersLine)).outcome).toBe('verified');
    device.close();
  });
});
