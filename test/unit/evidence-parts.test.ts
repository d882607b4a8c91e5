import { execFileSync } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseManifest, printManifest } from '../../main/evidence/bag.ts';
import { csvRow, parseCsv } from '../../main/evidence/csv.ts';
import { escapeHtml } from '../../main/evidence/derive-start.ts';
import { collectFindings, printable } from '../../main/evidence/finding.ts';
import { measure } from '../../main/evidence/pack-file.ts';
import {
  fingerprintOf, packNamespace, parseSigners, readPackSignature, signerCovers, signersLine, signForPack,
} from '../../main/evidence/sshsig.ts'; // prettier-ignore
import { compareContainer } from '../../main/evidence/zip-compare.ts';
import { openZip } from '../../main/evidence/zip-read.ts';
import { zipBytes } from '../../main/evidence/zip-write.ts';
import { ensureTestTools } from '../support/debian.ts';
import { freshKey, rawZip, type RawEntry } from '../support/pack-forge.ts';

const dir = mkdtempSync(join(tmpdir(), 'evidence-parts-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('cells of a CSV file', () => {
  it('come back as they were and never begin a formula', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', ' =', '＝', '＠', '\0=', "'", '"'), fc.string())
        .map((both) => both.join('')),
    );
    fc.assert(
      fc.property(fc.array(fc.array(nasty, { minLength: 2, maxLength: 5 }), { maxLength: 5 }), (rows) => {
        const text = rows.map((row) => csvRow(row)).join('');
        expect(parseCsv(text)).toEqual(rows.map((row) => row.map((cell) => cell.toWellFormed())));
      }),
    );
    fc.assert(
      fc.property(nasty, (cell) => {
        expect(csvRow([cell]).replace(/^"/, '')).not.toMatch(/^\s*[=+\-@\t\0＝＋－＠]/u);
      }),
    );
  });
  it('numbers and truth stay plain', () => {
    expect(csvRow([1, true, null, 'a,b', 'say "x"'])).toBe('1,true,,"a,b","say ""x"""\r\n');
  });
});

describe('text from outside', () => {
  it('cannot leave its place in HTML', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"'\u{202e}\0]/u);
      }),
    );
    expect(escapeHtml('<b> & "x" \'y\'')).toBe('&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;');
  });
  it('reaches a terminal without control characters', () => {
    expect(printable('a\u001b[31m\u202eb\nc')).toBe('a\\u{1b}[31m\\u{202e}b\\u{a}c');
  });
});

describe('a manifest', () => {
  it('is read back, and refused when a line is not one or a path stands twice', () => {
    const sums = [
      { path: 'data/b', sha256: 'b'.repeat(64) },
      { path: 'data/a', sha256: 'a'.repeat(64) },
    ];
    expect([...(parseManifest(printManifest(sums)) ?? [])]).toEqual([
      ['data/a', 'a'.repeat(64)],
      ['data/b', 'b'.repeat(64)],
    ]);
    expect(parseManifest(printManifest([...sums, ...sums]))).toBeNull();
    expect(parseManifest(`${'a'.repeat(64)} data/a\n`)).toBeNull();
    expect(parseManifest(printManifest(sums).trimEnd())).toBeNull();
  });
});

describe('SSH signatures', () => {
  beforeAll(() => ensureTestTools(['ssh']));
  const key = freshKey();
  const message = Buffer.from('some\nbytes \0\xff', 'latin1');
  const signature = signForPack(key, message);

  it('are accepted by ssh-keygen, with the same fingerprint', () => {
    writeFileSync(join(dir, 'm.sig'), signature);
    writeFileSync(join(dir, 'signers'), signersLine('p_x/dev', key.pub));
    const args = [
      '-Y',
      'verify',
      '-f',
      join(dir, 'signers'),
      '-I',
      'p_x/dev',
      '-n',
      packNamespace,
      '-s',
      join(dir, 'm.sig'),
    ];
    const said = execFileSync('ssh-keygen', args, { input: message, encoding: 'utf8' });
    expect(said).toContain('Good "evidence-pack@breakwater" signature for p_x/dev');
    expect(said).toContain(fingerprintOf(key.pub));
    expect(() => execFileSync('ssh-keygen', args, { input: 'other', stdio: 'pipe' })).toThrow();
  });
  it('made by ssh-keygen are read here', () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'id')]);
    writeFileSync(join(dir, 'm2'), message);
    execFileSync('ssh-keygen', ['-Y', 'sign', '-f', join(dir, 'id'), '-n', packNamespace, join(dir, 'm2')], {
      stdio: 'pipe',
    });
    const text = readFileSync(join(dir, 'm2.sig'), 'utf8');
    expect(readPackSignature(text, message)?.valid).toBe(true);
    expect(readPackSignature(text, Buffer.from('x'))?.valid).toBe(false);
    // The same key for another purpose is no signature of a pack.
    writeFileSync(join(dir, 'm3'), message);
    execFileSync('ssh-keygen', ['-Y', 'sign', '-f', join(dir, 'id'), '-n', 'file', join(dir, 'm3')], { stdio: 'pipe' });
    expect(readPackSignature(readFileSync(join(dir, 'm3.sig'), 'utf8'), message)).toBeNull();
  });
  it('hold for their message alone; no other text is the same signature', () => {
    expect(readPackSignature(signature, message)).toMatchObject({ pub: key.pub, valid: true });
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(signature);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const read = readPackSignature(bytes.toString('latin1'), message);
        expect(read?.valid === true && read.pub === key.pub).toBe(false);
      }),
    );
  });
  it('are only trusted by lines of a signers file that name key, namespace and time', () => {
    const line = signersLine('p', key.pub);
    expect(parseSigners(`# who\n\n${line}`)).toMatchObject({ signers: [{ principal: 'p', pub: key.pub }], skipped: 0 });
    expect(parseSigners(line.replace('evidence-pack@breakwater', 'git'))).toEqual({ signers: [], skipped: 1 });
    expect(parseSigners(line.replace('namespaces', 'cert-authority,namespaces')).signers).toEqual([]);
    expect(parseSigners('p ssh-rsa AAAA\nnonsense\n')).toEqual({ signers: [], skipped: 2 });
    const [limited] = parseSigners(
      line.replace('namespaces=', 'valid-after="20260101",valid-before="20270101",namespaces='),
    ).signers;
    expect(limited && signerCovers(limited, '2026-06-01T00:00:00.000Z')).toBe(true);
    expect(limited && signerCovers(limited, '2027-06-01T00:00:00.000Z')).toBe(false);
  });
});

const look = async (bytes: Buffer): Promise<{ tags: string[]; paths: string[] }> => {
  const file = join(dir, 'z.zip');
  writeFileSync(file, bytes);
  const fd = openSync(file, 'r');
  const findings = collectFindings();
  try {
    const zip = await openZip(fd, findings);
    if (zip) {
      for (const entry of zip.entries) {
        try {
          for (const _ of entry.chunks());
        } catch {
          findings.add('unreadable', entry.path, 'cannot be read');
        }
      }
      if (findings.list.length === 0) await compareContainer(fd, bytes.length, zip, findings);
    }
    return { tags: findings.list.map(({ what }) => what), paths: (zip?.entries ?? []).map(({ path }) => path) };
  } finally {
    closeSync(fd);
  }
};

describe('a zip from anybody', () => {
  const good: RawEntry = { name: 'top/bagit.txt', data: Buffer.from('x') };
  const hostile: readonly (readonly [what: string, tag: string, entry: RawEntry])[] = [
    ['leaves the folder', 'hostile-name', { name: 'top/../../evil' }],
    ['is absolute', 'hostile-name', { name: '/etc/passwd' }],
    ['has a drive', 'hostile-name', { name: 'C:/x' }],
    ['has backslashes', 'hostile-name', { name: 'top\\..\\x' }],
    ['has a zero byte', 'hostile-name', { name: 'top/a\0b' }],
    ['is reserved on Windows', 'hostile-name', { name: 'top/CON.txt' }],
    ['ends with a dot', 'hostile-name', { name: 'top/a.' }],
    ['has direction marks', 'hostile-name', { name: 'top/a\u202eb' }],
    ['is no UTF-8', 'hostile-name', { name: Buffer.from([0x74, 0x2f, 0xff, 0xfe]) }],
    ['is a link', 'symlink', { name: 'top/link', data: Buffer.from('/etc/passwd'), mode: 0o120777 }],
    ['is encrypted', 'encrypted', { name: 'top/x', flags: 0x801, data: Buffer.alloc(12), size: 0 }],
    ['stands twice', 'duplicate-name', good],
    ['stands twice in other letters', 'duplicate-name', { name: 'top/BAGIT.txt' }],
    ['is called otherwise inside', 'header-mismatch', { name: 'top/x', localName: 'top/y' }],
    ['uses an unknown method', 'unreadable', { name: 'top/x', method: 99 }],
    ['lies about its size', 'header-mismatch', { name: 'top/x', data: Buffer.from('abc'), size: 2 }],
    [
      'is a bomb',
      'bomb',
      { name: 'top/x', method: 8, data: deflateRawSync(Buffer.alloc(50_000_000)), size: 50_000_000 },
    ],
    [
      'unpacks to more than it says',
      'unreadable',
      { name: 'top/x', method: 8, data: deflateRawSync(Buffer.alloc(5000)), size: 100 },
    ],
    ['lies beside the folder', 'added-file', { name: 'other/x' }],
  ];
  it.each(hostile)('names an entry that %s', async (_, tag, entry) => {
    const { tags, paths } = await look(rawZip([good, entry]));
    expect(tags).toContain(tag);
    expect(paths.filter((path) => path !== 'bagit.txt' && tag.startsWith('hostile'))).toEqual([]);
  });
  it('names what is no zip, is damaged, or is too many files', async () => {
    expect((await look(Buffer.from('hello'))).tags).toEqual(['not-a-zip']);
    expect((await look(Buffer.alloc(0))).tags).toEqual(['not-a-zip']);
    expect((await look(rawZip([good], { count: 7 }))).tags).toContain('not-a-zip');
    expect((await look(rawZip([good], { trailing: 'garbage behind' }))).tags.length).toBeGreaterThan(0);
    const many = rawZip(Array.from({ length: 20_001 }, (_, n) => ({ name: `top/${n}` })));
    expect((await look(many)).tags).toEqual(['too-many-files']);
  });
  it('names files that lie in the same bytes', async () => {
    const entries = Array.from({ length: 50 }, (_, n) => ({
      name: 'top/a',
      data: Buffer.alloc(4000),
      ...(n > 0 ? { at: 0 } : {}),
    }));
    const { tags } = await look(
      rawZip(entries.map((entry, n) => ({ ...entry, name: `top/a${n}`, localName: 'top/a0' }))),
    );
    expect(tags).toContain('bomb');
  });
  it('remarks that another program packed it, and nothing else', async () => {
    expect((await look(rawZip([good, { name: 'top/a', data: Buffer.alloc(4000) }]))).tags).toEqual([]);
  });
});

describe('a zip that Breakwater writes', () => {
  const files = [
    measure({ path: 'bagit.txt', chunks: () => ['x\n'] }),
    measure({ path: 'data/empty', chunks: () => [] }),
    measure({ path: 'data/a', chunks: () => ['first', 'second', Buffer.alloc(3000, 7)] }),
  ];
  const write = async (): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of zipBytes('top', files)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  it('is the same bytes each time, in every time zone', async () => {
    const before = process.env['TZ'];
    const here = await write();
    process.env['TZ'] = 'Pacific/Auckland';
    const there = await write();
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
    expect(there.equals(here)).toBe(true);
  });
  it('is read back whole, and any changed or added byte of its bookkeeping is named', async () => {
    const zip = await write();
    expect(await look(zip)).toEqual({ tags: [], paths: ['bagit.txt', 'data/empty', 'data/a'] });
    expect((await look(Buffer.concat([zip, Buffer.from('x')]))).tags.length).toBeGreaterThan(0);
    expect((await look(Buffer.concat([Buffer.from('x'), zip]))).tags.length).toBeGreaterThan(0);
    const data = zip.indexOf(Buffer.alloc(3000, 7));
    for (let at = 0; at < zip.length; at += at > data && at < data + 2990 ? 2990 : 1) {
      const copy = Buffer.from(zip);
      copy[at] = (copy[at] ?? 0) ^ 0x10;
      expect((await look(copy)).tags, `byte ${at}`).not.toEqual([]);
    }
  });
  it('stays whole when one file is larger than what is held in memory', async () => {
    const big = measure({
      path: 'data/big',
      chunks: function* () {
        for (let n = 0; n < 40; n += 1) yield Buffer.alloc(1024 * 1024, n);
      },
    });
    const file = join(dir, 'big.zip');
    const chunks: Uint8Array[] = [];
    for await (const chunk of zipBytes('top', [...files, big])) chunks.push(chunk);
    writeFileSync(file, Buffer.concat(chunks));
    expect((await look(Buffer.concat(chunks))).tags).toEqual([]);
    execFileSync('unzip', ['-tq', file]);
  });
});
