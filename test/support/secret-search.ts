// No secret shows anywhere: what is searched, and in which dresses a secret may show. One place for every test that looks.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** Words are cut somewhere, a secret within them as well: so much of one is found. */
const part = 16;

const inForm = (secret: string): string => new URLSearchParams({ '': secret }).toString().slice(1);

/**
 * How a secret may look: plain, URL-encoded, as in a form, as JSON, base64 at every alignment (so within a basic header); and the
 * beginning or the end of each alone. What is shorter than 8 characters is left out: it would be found in anything.
 */
export const dresses = (secret: string): readonly string[] => {
  const aligned = [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.from('x'.repeat(shift) + secret);
    // What stands before and after changes the first and the last characters only.
    const core = (text: string): string => text.replace(/=+$/, '').slice(shift === 0 ? 0 : 4, -4);
    return [core(bytes.toString('base64')), core(bytes.toString('base64url'))];
  });
  const whole = [secret, encodeURIComponent(secret), inForm(secret), JSON.stringify(secret).slice(1, -1), ...aligned];
  const parts = whole.flatMap((text) => (text.length < part + 8 ? [] : [text.slice(0, part), text.slice(-part)]));
  return [...new Set([...whole, ...parts])].filter((text) => text.length >= 8);
};

/** Members of a zip, unpacked: a pack is searched like any folder. */
export const members = (zip: Buffer): readonly Buffer[] => {
  const found: Buffer[] = [];
  for (let at = zip.indexOf('PK\u0001\u0002'); at !== -1; at = zip.indexOf('PK\u0001\u0002', at + 4)) {
    const [method, size, offset] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
    const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28);
    const bytes = zip.subarray(start, start + size);
    found.push(method === 8 ? inflateRawSync(bytes) : bytes);
  }
  return found;
};

/** Something that was left: its name for a person, and its bytes. */
export type Left = { readonly place: string; readonly bytes: Buffer };

export const leftText = (place: string, text: string): Left => ({ place, bytes: Buffer.from(text) });

/** What is gone meanwhile was not left: a program that still runs makes and removes files. */
const unlessGone = <T>(look: () => readonly T[]): readonly T[] => {
  try {
    return look();
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
    throw thrown;
  }
};

/** Every file below a folder whose path below it the pattern does not match. Sockets and links are none. */
export const leftIn = (folder: string, except = /$^/): readonly Left[] => {
  const below = (dir: string): readonly string[] =>
    unlessGone(() => readdirSync(dir, { withFileTypes: true })).flatMap((one) => {
      const path = join(dir, one.name);
      return one.isDirectory() ? below(path) : one.isFile() ? [path] : [];
    });
  return below(folder)
    .filter((path) => !except.test(path.slice(folder.length + 1)))
    .flatMap((place) => unlessGone(() => [{ place, bytes: readFileSync(place) }]));
};

/**
 * Where one of these secrets shows, as `place: dress`; empty = nowhere. Each dress is searched as UTF-8 and as UTF-16LE, which
 * Chromium writes (local storage, form data, sessions).
 *
 * What this cannot see: text that is encrypted or compressed. Of the tables of LevelDB (Snappy) it sees the first showing in each
 * block of a secret that repeats nothing, so secrets for Chromium are random. Passwords that Chromium saves are encrypted: who
 * looks for those counts the rows (chromium-profile.ts). Memory and swap are not searched.
 */
export const foundIn = (left: readonly Left[], secrets: readonly string[]): readonly string[] => {
  const wanted = secrets.flatMap((secret) => {
    if (secret.length < 8) throw new Error('a secret of fewer than 8 characters cannot be searched for');
    return dresses(secret).map((dress) => ({ dress, forms: [Buffer.from(dress), Buffer.from(dress, 'utf16le')] }));
  });
  return left.flatMap(({ place, bytes }) =>
    wanted.flatMap(({ dress, forms }) => (forms.some((form) => bytes.includes(form)) ? [`${place}: ${dress}`] : [])),
  );
};
