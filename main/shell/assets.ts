import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath, type AssetEntry, pageHeaders } from '../../shared/domain/content-policy.ts';
import { isOwnAddress } from './origin.ts';

export type Asset = { readonly bytes: Uint8Array<ArrayBuffer>; readonly type: string };
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | string | null;
};

/** The files of the window by request path, from the list that the build wrote. Throws when one is not the built one. */
export const loadWindowFiles = (dist: string): ReadonlyMap<string, Asset> => {
  const list = JSON.parse(readFileSync(join(dist, 'assets.json'), 'utf8')) as Readonly<Record<string, AssetEntry>>;
  const files = new Map<string, Asset>();
  for (const [path, entry] of Object.entries(list)) {
    const bytes = new Uint8Array(readFileSync(join(dist, entry.file)));
    if (createHash('sha256').update(bytes).digest('hex') !== entry.sha256)
      throw new Error(`${entry.file} is not the file that was built. Build or install Breakwater again.`);
    files.set(path, { bytes, type: entry.type });
  }
  return files;
};

/** Answer a request of the own scheme: a file of the list, or 404. Methods other than GET and HEAD have no meaning here. */
export const answerRequest = (files: ReadonlyMap<string, Asset>, method: string, address: string): Answer => {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Not here.');
  const path = isOwnAddress(address) ? assetPath(files, new URL(address).pathname) : null;
  const asset = path === null ? undefined : files.get(path);
  if (asset === undefined) return plain(404, 'No such file.');
  return {
    status: 200,
    headers: { ...pageHeaders, 'content-type': asset.type, 'content-length': String(asset.bytes.length) },
    body: method === 'HEAD' ? null : asset.bytes,
  };
};

const plain = (status: number, text: string): Answer => ({
  status,
  headers: { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8' },
  body: text,
});
