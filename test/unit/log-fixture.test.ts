import { createDecipheriv } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hlcTick } from '../../shared/domain/hlc.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import { sha256Url } from '../../main/log/digest.ts';
import { readDisclosure } from '../../main/log/disclosures.ts';
import { incidentLogFromSignal, signalId } from '../../main/log/ids.ts';
import { lineHash, parseLine, printLine } from '../../main/log/line.ts';
import { ownOrgLog } from '../../main/log/org.ts';
import type { WireEvent } from '../../main/log/port.ts';
import { deviceIdOf, signedText, verifyEvent } from '../../main/log/signature.ts';
import { attachments, counts, entriesPage, people, roomHeader } from '../../main/log/views.ts';
import { cleanUp, newDevice, type TestDevice } from '../support/log.ts';

const folder = new URL('../fixtures/log-1/', import.meta.url).pathname;
const script = new URL('../fixtures/verify_log.py', import.meta.url).pathname;
const vectors = JSON.parse(readFileSync(new URL('../../resources/format/vectors.json', import.meta.url), 'utf8'));
const expected = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8'));
const { org, room } = expected as { org: LogId; room: LogId };
const read = <T = WireEvent>(name: string): readonly T[] =>
  readFileSync(`${folder}${name}.jsonl`, 'utf8').trimEnd().split('\n').map((text) => JSON.parse(text) as T); // prettier-ignore
const digests = (device: TestDevice) => ({
  [org]: device.log.projectionDigest(device.db, org),
  [room]: device.log.projectionDigest(device.db, room),
});
const reader = (events: readonly unknown[]): TestDevice => {
  const device = newDevice('reader');
  const report = device.take(events);
  expect([report.waiting, report.quarantined]).toEqual([0, []]);
  return device;
};
afterAll(cleanUp);

/** Run a tool that the machine must have; the message says how to get it. */
const tool = (command: string, args: readonly string[], install: string): { status: number | null; stdout: string } => {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  if (run.error) throw new Error(`${command} is needed by this test: ${install}`, { cause: run.error });
  return { status: run.status, stdout: run.stdout };
};

test('golden vectors: line, hash, signature, device, disclosure, ids, clock', () => {
  const parsed = parseLine(vectors.line);
  expect(parsed.ok && printLine(parsed.value)).toBe(vectors.line);
  expect(lineHash(vectors.line)).toBe(vectors.hash);
  expect(signedText(vectors.hash)).toBe(vectors.signed_text);
  expect(verifyEvent(vectors.pub, vectors.hash, vectors.sig)).toBe(true);
  expect(deviceIdOf(vectors.pub)).toBe(vectors.dev);
  expect(ownOrgLog(vectors.org.founder)).toBe(vectors.org.id);
  expect(sha256Url(vectors.disclosure.d)).toBe(vectors.disclosure.digest);
  expect(readDisclosure(vectors.disclosure.d)).toEqual({
    name: JSON.parse(vectors.disclosure.json)[1],
    value: JSON.parse(vectors.disclosure.json)[2],
  });
  expect(signalId(vectors.signal.key)).toBe(vectors.signal.id);
  expect(incidentLogFromSignal(vectors.signal.id)).toBe(vectors.room_from_signal);
  for (const { last, wall, tick } of vectors.hlc) expect(hlcTick(last, wall)).toBe(tick);
});

test('the frozen log reads today as on the day it was written', () => {
  const device = reader(read('plain'));
  expect(digests(device)).toEqual(expected.plain);
  const header = roomHeader(device.db, room);
  expect(header?.severity.conflict.map(({ value }) => value).sort()).toEqual(['SEV1', 'SEV2']);
  expect(
    people(device.db, org)
      .map(({ name }) => name.value)
      .sort(),
  ).toEqual(['Ada Ångström', 'Bob', 'Cleo']);
  expect(attachments(device.db, room, () => false)[0]?.name).toBe('../run 88213/\u202elog.txt');
  const rows = entriesPage(device.db, { log: room, order: 'recorded', limit: 100 }).rows;
  expect(rows.find(({ fields }) => fields['text'] === 'not admitted yet')?.reason).toBe('not-attested');
  expect(rows.find(({ type }) => type === 'fact.cited')?.witnesses).toHaveLength(2);
  expect(rows.find(({ hash }) => hash === expected.note)?.versions).toHaveLength(3);
});

test('in linked chunks, out of order, it is the same log', () => {
  type Chunk = { from: number; before: string; head: string; events: readonly WireEvent[] };
  const chunks = read<Chunk>('chunks');
  for (const { before, head, events } of chunks) {
    const [first] = events;
    const parsed = first && parseLine(first.line);
    expect(parsed?.ok && parsed.value.prev).toBe(before);
    expect(lineHash(events.at(-1)?.line ?? '')).toBe(head);
  }
  const device = newDevice('chunks');
  for (const { events } of chunks) device.take(events);
  expect(digests(device)).toEqual(expected.plain);
});

test('sealed it is kept and forwarded; opened with the key it is the same log', () => {
  const sealed = read('sealed');
  const device = reader(sealed);
  expect(counts(device.db, room).sealed).toBe(sealed.filter(({ line }) => line.startsWith('enc1.')).length);
  expect(counts(device.db, room).sealed).toBeGreaterThan(3);
  const key = Buffer.from(readFileSync(`${folder}sealed.key.txt`, 'utf8').trim(), 'hex');
  const open = (text: string, aad: string): string => {
    const [, , nonce = '', body = ''] = text.split('.');
    const bytes = Buffer.from(body, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url')).setAAD(Buffer.from(aad));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
  };
  const opened = sealed.map(({ line, d, sig, copies }) => {
    if (!line.startsWith('enc1.') || !copies) return { line, d, sig };
    const aad = `${copies.log}|${copies.dev}|${copies.seq}|${copies.hash}`;
    return { line: open(line, aad), d: d.map((text) => open(text, aad)), sig };
  });
  device.take(opened);
  expect(counts(device.db, room).sealed).toBe(0);
  expect(digests(device)).toEqual(expected.plain);
});

test('redacted it verifies and replays, and older copies bring nothing back', () => {
  const device = reader(read('redacted'));
  expect(digests(device)).toEqual(expected.redacted);
  device.take(read('plain'));
  expect(digests(device)).toEqual(expected.redacted);
  const held = JSON.stringify(device.db.all({ text: 'SELECT d FROM event', values: [] } as never));
  expect(expected.gone).toHaveLength(3);
  for (const text of expected.gone) expect(held).not.toContain(text);
});

test('without any disclosure it verifies and replays to the same projections', () => {
  expect(digests(reader(read('plain').map((wire) => ({ ...wire, d: [] }))))).toEqual(expected.plain);
});

test(
  'Python (standard library only) checks chain and disclosures; openssl checks every signature',
  { timeout: 120_000 },
  () => {
    for (const name of ['plain', 'sealed', 'redacted']) {
      const out = mkdtempSync(join(tmpdir(), 'breakwater-verify-'));
      const run = tool('python3', [script, `${folder}${name}.jsonl`, out], 'apt-get install python3');
      const answer = JSON.parse(run.stdout);
      expect([run.status, answer.problems]).toEqual([0, []]);
      expect(answer.events).toBe(read(name).length);
      for (const file of readdirSync(out).filter((entry) => entry.endsWith('.txt'))) {
        const base = join(out, file.slice(0, -4));
        const args = [
          'pkeyutl',
          '-verify',
          '-rawin',
          '-pubin',
          '-keyform',
          'DER',
          '-inkey',
          `${base}.der`,
          '-in',
          `${base}.txt`,
          '-sigfile',
          `${base}.sig`,
        ];
        expect([file, tool('openssl', args, 'apt-get install openssl').status]).toEqual([file, 0]);
      }
    }
  },
);

test('the Python checker refuses what it should refuse', () => {
  const out = mkdtempSync(join(tmpdir(), 'breakwater-verify-'));
  const lines = readFileSync(`${folder}plain.jsonl`, 'utf8').trimEnd().split('\n');
  const spoiled: Readonly<Record<string, readonly string[]>> = {
    flipped: lines.map((line, index) => (index === 5 ? line.replace('2026-11-24', '2026-11-25') : line)),
    cut: lines.filter((_, index) => index !== 5),
    swapped: [...lines.slice(0, 5), lines[6] ?? '', lines[5] ?? '', ...lines.slice(7)],
    told: lines.map((line) => line.replace('"d":["', '"d":["AAAA')),
  };
  for (const [name, spoil] of Object.entries(spoiled)) {
    const path = join(out, `${name}.jsonl`);
    writeFileSync(path, `${spoil.join('\n')}\n`);
    expect([name, tool('python3', [script, path], 'apt-get install python3').status]).toEqual([name, 1]);
  }
});
