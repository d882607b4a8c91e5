import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type Failure, thrownText } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { AssetEntry } from '../../shared/domain/content-policy.ts';

export type Asset = { readonly bytes: Buffer; readonly type: string; readonly etag: string };
/** Request path → file of the window, all in memory: what is not in the map does not exist. */
export type Assets = ReadonlyMap<string, Asset>;

/**
 * Load the window from `dist` by the list that the build wrote. Failure when it is not built, or when a file is not the one
 * that was built.
 */
export const loadAssets = (dist: string): Result<Assets, Failure> => {
  const assets = new Map<string, Asset>();
  try {
    const list = JSON.parse(readFileSync(join(dist, 'assets.json'), 'utf8')) as Readonly<Record<string, AssetEntry>>;
    for (const [path, entry] of Object.entries(list)) {
      const bytes = readFileSync(join(dist, entry.file));
      if (createHash('sha256').update(bytes).digest('hex') !== entry.sha256)
        return err(windowBroken(`${entry.file} is not the file that was built`));
      assets.set(path, { bytes, type: entry.type, etag: `"${entry.sha256.slice(0, 32)}"` });
    }
  } catch (thrown) {
    return err(windowBroken(thrownText(thrown)));
  }
  return assets.has('/index.html') ? ok(assets) : err(windowBroken('index.html is missing'));
};

const windowBroken = (why: string): Failure<'WindowBroken'> =>
  failure(
    'WindowBroken',
    'The files of the Breakwater window are missing or damaged.',
    'Your data is not touched by this.',
    'Build or install Breakwater again (in a checkout: npm run build -- --force).',
    why.slice(0, 300),
  );
