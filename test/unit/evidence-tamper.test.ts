import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printManifest } from '../../main/evidence/bag.ts';
import type { VerifyReport } from '../../main/evidence/verify.ts';
import { verifyPack } from '../../main/evidence/verify.ts';
import { freshKey, putTogether, resign, resum, takeApart, type Key, type Parts } from '../support/pack-forge.ts';
import { citation, fullRoom, packRoom } from '../support/pack-room.ts';

let world: Awaited<ReturnType<typeof fullRoom>>;
let file: string;
let signers: string;
let principal: string;
let device: string;
let bob: string;
let key: Key;

beforeAll(async () => {
  world = await fullRoom();
  const done = await packRoom(world.alice, world.room, { facts: [citation(1)] });
  file = done.file;
  principal = done.principal;
  signers = `${file}.signers`;
  writeFileSync(signers, done.signersLine);
  device = world.alice.open.log.device.id;
  bob = world.bob.open.log.device.id;
  // The device's own key: the strongest attacker is whoever exported.
  key = { pub: world.alice.open.log.device.pub, sign: (message) => world.alice.open.log.device.sign(message) };
});
afterAll(() => world.close());

type Change = (parts: Parts) => void;
const chain = (dev: string, org = false): string => `data/20-timeline/${org ? 'org/' : ''}${dev}.chain.jsonl`;
const edit = (parts: Parts, path: string, change: (text: string) => string): void => {
  parts.files.set(path, Buffer.from(change(parts.files.get(path)?.toString() ?? '')));
};
const lines =
  (change: (lines: string[]) => string[]) =>
  (text: string): string =>
    change(text.trimEnd().split('\n'))
      .map((line) => `${line}\n`)
      .join('');

/** A pack changed by somebody who leaves the sums alone, makes them right again, or also signs again. */
const changed = async (change: Change, how: 'as is' | 'resum' | Key, trust = true): Promise<VerifyReport> => {
  const parts = await takeApart(file);
  change(parts);
  if (how !== 'as is') resum(parts);
  if (typeof how === 'object') resign(parts, how, principal);
  const target = join(world.alice.dir, 'changed.zip');
  await putTogether(parts, target);
  return verifyPack(target, trust ? { signers } : {});
};
const tags = ({ findings }: VerifyReport): string[] => findings.map(({ what }) => what);
const names = ({ findings }: VerifyReport): string => findings.map(({ where, says }) => `${where} ${says}`).join('\n');

describe('one flipped byte', () => {
  it('anywhere in the zip is refused and named', async () => {
    const zip = readFileSync(file);
    const target = join(world.alice.dir, 'flipped.zip');
    await fc.assert(
      fc.asyncProperty(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const copy = Buffer.from(zip);
        copy[at] = (copy[at] ?? 0) ^ change;
        writeFileSync(target, copy);
        const report = await verifyPack(target, { signers });
        expect(report.outcome).toBe('refused');
        expect(report.findings[0]?.where).not.toBe('');
      }),
      { numRuns: 80 },
    );
  }, 120_000);
  it('and so is a zip that was cut or has something behind it', async () => {
    const zip = readFileSync(file);
    const target = join(world.alice.dir, 'cut.zip');
    for (const bytes of [
      zip.subarray(0, -1),
      zip.subarray(0, zip.length / 2),
      Buffer.concat([zip, Buffer.from('x')]),
    ]) {
      writeFileSync(target, bytes);
      expect((await verifyPack(target, { signers })).outcome).toBe('refused');
    }
  });
});

describe('a pack put together again unchanged', () => {
  it('is verified: the cases below are refused for what they change', async () => {
    expect(await changed(() => undefined, 'as is')).toMatchObject({ outcome: 'verified', findings: [] });
    expect(await changed(() => undefined, key)).toMatchObject({ outcome: 'verified', findings: [] });
  });
});

const cases: readonly (readonly [what: string, tag: string, where: () => string, change: Change])[] = [
  ['a removed line', 'broken-chain', () => chain(device), (parts) => edit(parts, chain(device), lines((all) => all.toSpliced(3, 1)))],
  ['a line moved', 'broken-chain', () => chain(device), (parts) => edit(parts, chain(device), lines(([a = '', b = '', c = '', ...rest]) => [a, c, b, ...rest]))],
  ['a changed word in a line', 'bad-event-signature', () => chain(device), (parts) => edit(parts, chain(device), (text) => text.replace('SEV2', 'SEV4'))],
  ['a tail cut from lines alone', 'cut-tail', () => chain(bob), (parts) => edit(parts, chain(bob), lines((all) => all.slice(0, -1)))],
  [
    'a tail cut with its signatures and heads',
    'cut-tail',
    () => chain(bob),
    (parts) => {
      edit(parts, chain(bob), lines((all) => all.slice(0, -1)));
      edit(parts, chain(bob).replace('.chain.', '.sigs.'), lines((all) => all.slice(0, -1)));
      const last = parts.files.get(chain(bob).replace('.chain.', '.sigs.'))?.toString().trimEnd().split('\n').at(-1) ?? '{}';
      const { seq, hash } = JSON.parse(last) as { seq: number; hash: string };
      edit(parts, 'data/20-timeline/HEADS.txt', lines((all) => all.map((line) => (line.startsWith(bob) ? `${bob}.chain.jsonl ${seq} ${hash}` : line))));
    },
  ],
  [
    'the export cut off',
    'cut-tail',
    () => chain(device),
    (parts) => {
      edit(parts, chain(device), lines((all) => all.slice(0, -1)));
      edit(parts, chain(device).replace('.chain.', '.sigs.'), lines((all) => all.slice(0, -1)));
    },
  ],
  [
    'a whole stream taken away',
    'cut-tail',
    () => chain(bob),
    (parts) => {
      parts.files.delete(chain(bob));
      parts.files.delete(chain(bob).replace('.chain.', '.sigs.'));
    },
  ],
  [
    'signatures of another stream',
    'bad-event-signature',
    () => chain(bob),
    (parts) => parts.files.set(chain(bob).replace('.chain.', '.sigs.'), parts.files.get(chain(device).replace('.chain.', '.sigs.')) ?? Buffer.alloc(0)),
  ],
  ['a stream under another name', 'bad-device', () => 'A'.repeat(43), (parts) => parts.files.set(chain('A'.repeat(43)), parts.files.get(chain(bob)) ?? Buffer.alloc(0))],
  ['a changed disclosure', 'unknown-disclosure', () => 'disclosures.jsonl line 1', (parts) => edit(parts, 'data/90-disclosures/disclosures.jsonl', (text) => text.replace(/"d":"./, '"d":"Z'))],
  ['a disclosure taken away in silence', 'view-differs', () => 'redactions.csv', (parts) => edit(parts, 'data/90-disclosures/disclosures.jsonl', lines((all) => all.slice(0, -1)))],
  ['a swapped file', 'view-differs', () => 'decisions.jsonl', (parts) => parts.files.set('data/30-decisions/decisions.jsonl', parts.files.get('data/30-decisions/tasks.jsonl') ?? Buffer.alloc(0))],
  ['another severity in incident.json', 'view-differs', () => 'incident.json', (parts) => edit(parts, 'data/10-incident/incident.json', (text) => text.replace('"SEV3"', '"SEV5"'))],
  ['another line in the timeline table', 'view-differs', () => 'merged.csv', (parts) => edit(parts, 'data/20-timeline/merged.csv', lines((all) => all.slice(0, -2)))],
  ['another word on the page', 'view-differs', () => '00-START-HERE.html', (parts) => edit(parts, 'data/00-START-HERE.html', (text) => text.replace('Revenue', 'Expense'))],
  ['an added file in data', 'added-file', () => 'data/98-more.txt', (parts) => parts.files.set('data/98-more.txt', Buffer.from('x'))],
  ['an added attachment', 'added-file', () => 'data/95-attachments', (parts) => parts.files.set(`data/95-attachments/${'0'.repeat(64)}`, Buffer.from('x'))],
  ['an added file at the top', 'added-file', () => 'README.txt', (parts) => parts.files.set('README.txt', Buffer.from('read me'))],
  ['an added signature', 'added-file', () => 'signatures/other.sig', (parts) => parts.files.set('signatures/other.sig', Buffer.from('x'))],
  ['a lying verify.sh', 'lying-checker', () => 'verify.sh', (parts) => parts.files.set('data/verify.sh', Buffer.from('#!/bin/sh\necho OK\n'))],
  ['a lying verify.py', 'lying-checker', () => 'verify.py', (parts) => edit(parts, 'data/verify.py', (text) => text.replace('return 1', 'return 0'))],
  ['a lying VERIFY.txt', 'lying-checker', () => 'VERIFY.txt', (parts) => edit(parts, 'data/VERIFY.txt', (text) => text.replace('Never check', 'Always check'))],
  ['a changed attachment', 'changed-attachment', () => 'data/95-attachments', (parts) => {
      const [path = ''] = [...parts.files.keys()].filter((name) => /95-attachments\/[0-9a-f]{64}$/.test(name));
      parts.files.set(path, Buffer.from('other bytes'));
    },
  ],
  ['a missing view', 'missing-file', () => 'custody.csv', (parts) => void parts.files.delete('data/custody.csv')],
  ['another declaration', 'changed-file', () => 'bagit.txt', (parts) => edit(parts, 'bagit.txt', () => 'BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n')],
  ['a newer format', 'newer-format', () => 'bag-info.txt', (parts) => edit(parts, 'bag-info.txt', (text) => text.replace('Pack-Version: 1', 'Pack-Version: 2'))],
  ['another signer named', 'not-exported', () => 'bag-info.txt', (parts) => edit(parts, 'bag-info.txt', (text) => text.replace(`/${device}`, `/${'B'.repeat(43)}`))],
]; // prettier-ignore

describe('a changed pack', () => {
  it.each(cases)('with %s is refused even when its own device signed it again', async (_, tag, where, change) => {
    const report = await changed(change, key);
    expect(report.outcome).toBe('refused');
    expect(tags(report)).toContain(tag);
    expect(names(report)).toContain(where());
  });
  it.each(cases)('with %s is refused when nothing else was touched', async (_, _tag, _where, change) => {
    const report = await changed(change, 'as is');
    expect(report.outcome).toBe('refused');
    expect(tags(report).some((tag) => ['changed-file', 'missing-file', 'added-file'].includes(tag))).toBe(true);
  });
  it('with right sums and the old signature is refused for the signature', async () => {
    const report = await changed(
      (parts) => edit(parts, 'data/60-lineage/lineage.json', (text) => text.replace('false', 'true')),
      'resum',
    );
    expect(tags(report)).toContain('bad-signature');
  });
  it('with a manifest that lists too little or nonsense is refused', async () => {
    const less = await changed(
      (parts) =>
        edit(
          parts,
          'manifest-sha256.txt',
          lines((all) => all.slice(1)),
        ),
      'as is',
    );
    expect(tags(less)).toEqual(expect.arrayContaining(['changed-file', 'added-file']));
    const nonsense = await changed(
      (parts) => parts.files.set('tagmanifest-sha256.txt', Buffer.from('nothing')),
      'as is',
    );
    expect(tags(nonsense)).toEqual(expect.arrayContaining(['bad-manifest', 'bad-signature']));
    const outside = await changed((parts) => {
      edit(
        parts,
        'manifest-sha256.txt',
        (text) => text + printManifest([{ path: '../../etc/passwd', sha256: 'a'.repeat(64) }]),
      );
    }, 'as is');
    expect(outside.outcome).toBe('refused');
  });
  it('without a signature, or without the copy of its line, is refused', async () => {
    expect(
      tags(await changed((parts) => void parts.files.delete('signatures/tagmanifest-sha256.txt.sig'), 'as is')),
    ).toEqual(['bad-signature']);
    expect(tags(await changed((parts) => void parts.files.delete('signatures/allowed_signers'), 'as is'))).toEqual([
      'missing-file',
    ]);
    const other = await changed(
      (parts) => edit(parts, 'signatures/allowed_signers', (text) => text.replace('p_', 'p_0')),
      'as is',
    );
    expect(tags(other)).toEqual(['changed-file']);
  });
});

describe('a pack signed again with a fresh key and its own allowed_signers', () => {
  it('is refused by a signers file, and unknown without one', async () => {
    const fresh = freshKey();
    const refused = await changed(() => undefined, fresh);
    expect(refused).toMatchObject({ outcome: 'refused', findings: [{ what: 'signer-not-in-file' }] });
    const unknown = await changed(() => undefined, fresh, false);
    expect(unknown.outcome).toBe('intact, signer unknown');
    expect(unknown.remarks.map(({ says }) => says).join()).toContain(
      'another key than that of the device that exported',
    );
  });
  it('and altered is refused for both', async () => {
    const change: Change = (parts) =>
      edit(parts, 'data/10-incident/incident.json', (text) => text.replace('"SEV3"', '"SEV5"'));
    expect(tags(await changed(change, freshKey()))).toEqual(
      expect.arrayContaining(['view-differs', 'signer-not-in-file']),
    );
    expect((await changed(change, freshKey(), false)).outcome).toBe('refused');
  });
});
