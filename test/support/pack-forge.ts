import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { collectFindings } from '../../main/evidence/finding.ts';
import { bytesOf, measure } from '../../main/evidence/pack-file.ts';
import { signersLine, signForPack } from '../../main/evidence/sshsig.ts';
import { openZip } from '../../main/evidence/zip-read.ts';
import { zipBytes } from '../../main/evidence/zip-write.ts';
import { closeSync, openSync } from 'node:fs';

/** What an attacker with good tools does to a pack: take it apart, change it, make all sums right again, sign it anew. */
export type Parts = { readonly top: string; readonly files: Map<string, Buffer> };
export type Key = { readonly pub: string; readonly sign: (message: Uint8Array) => Uint8Array };

export const freshKey = (): Key => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pub = publicKey.export({ format: 'jwk' }).x ?? '';
  return { pub, sign: (message) => sign(null, message, privateKey) };
};

export const takeApart = async (file: string): Promise<Parts> => {
  const fd = openSync(file, 'r');
  try {
    const zip = await openZip(fd, collectFindings());
    if (zip === null) throw new Error('not a zip');
    const files = new Map(zip.entries.map((entry) => [entry.path, Buffer.concat([...entry.chunks()].map(bytesOf))]));
    return { top: zip.top, files };
  } finally {
    closeSync(fd);
  }
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const manifestOf = (files: Map<string, Buffer>, fits: (path: string) => boolean): Buffer =>
  Buffer.from(
    [...files]
      .filter(([path]) => fits(path))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, bytes]) => `${sha256(bytes)}  ${path}\n`)
      .join(''),
  );

/** Manifests that fit the files again. */
export const resum = ({ files }: Parts): void => {
  const payload = [...files].filter(([path]) => path.startsWith('data/'));
  const oxum = `${payload.reduce((sum, [, bytes]) => sum + bytes.length, 0)}.${payload.length}`;
  const info = files.get('bag-info.txt')?.toString() ?? '';
  files.set('bag-info.txt', Buffer.from(info.replace(/Payload-Oxum: .*/, `Payload-Oxum: ${oxum}`)));
  files.set(
    'manifest-sha256.txt',
    manifestOf(files, (path) => path.startsWith('data/')),
  );
  const tags = new Set(['bag-info.txt', 'bagit.txt', 'manifest-sha256.txt']);
  files.set(
    'tagmanifest-sha256.txt',
    manifestOf(files, (path) => tags.has(path)),
  );
};

/** Sign anew, with the key's own allowed_signers beside it. */
export const resign = ({ files }: Parts, key: Key, principal: string): void => {
  const message = files.get('tagmanifest-sha256.txt') ?? Buffer.alloc(0);
  files.set('signatures/tagmanifest-sha256.txt.sig', Buffer.from(signForPack(key, message)));
  files.set('signatures/allowed_signers', Buffer.from(signersLine(principal, key.pub)));
};

/** The order in which Breakwater writes: tag files, signature, payload. */
export const putTogether = async ({ top, files }: Parts, file: string): Promise<void> => {
  const first = [
    'bag-info.txt',
    'bagit.txt',
    'manifest-sha256.txt',
    'tagmanifest-sha256.txt',
    'signatures/allowed_signers',
    'signatures/tagmanifest-sha256.txt.sig',
  ];
  const rest = [...files.keys()].filter((path) => !first.includes(path)).sort();
  const ordered = [...first.filter((path) => files.has(path)), ...rest];
  const chunks: Uint8Array[] = [];
  const measured = ordered.map((path) => measure({ path, chunks: () => [files.get(path) ?? Buffer.alloc(0)] }));
  for await (const chunk of zipBytes(top, measured)) chunks.push(chunk);
  writeFileSync(file, Buffer.concat(chunks));
};

/** One entry of a hand-made zip; everything that a header says can be a lie. */
export type RawEntry = {
  readonly name: string | Buffer;
  readonly data?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly mode?: number;
  readonly localName?: string;
  readonly size?: number;
  readonly crc?: number;
  /** Offset of another entry's data instead of its own. */
  readonly at?: number;
};

/** A zip written by hand, so that it may hold what no library would write. */
export const rawZip = (
  entries: readonly RawEntry[],
  options: { readonly trailing?: string; readonly count?: number } = {},
): Buffer => {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const {
    name,
    data = Buffer.alloc(0),
    method = 0,
    flags = 0x800,
    mode = 0o100644,
    localName,
    size,
    crc,
    at: elsewhere,
  } of entries) {
    const raw = Buffer.from(name as string);
    const inner = localName === undefined ? raw : Buffer.from(localName);
    const sum = crc ?? crc32(data);
    const plain = size ?? data.length;
    const common = (length: number): Buffer => {
      const fields = Buffer.alloc(26);
      fields.writeUInt16LE(20, 0);
      fields.writeUInt16LE(flags, 2);
      fields.writeUInt16LE(method, 4);
      fields.writeUInt16LE(0x6000, 6);
      fields.writeUInt16LE(0x5c21, 8);
      fields.writeUInt32LE(sum, 10);
      fields.writeUInt32LE(data.length, 14);
      fields.writeUInt32LE(plain, 18);
      fields.writeUInt16LE(length, 22);
      return fields;
    };
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common(inner.length), inner, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(elsewhere ?? at, 10);
    const made = Buffer.from([63, 3]);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), made, common(raw.length), tail, raw]));
    if (elsewhere !== undefined) continue;
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(options.count ?? entries.length, 8);
  end.writeUInt16LE(options.count ?? entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end, Buffer.from(options.trailing ?? '')]);
};
