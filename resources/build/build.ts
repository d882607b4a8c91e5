// Builds dist/ when its sources changed. `node resources/build/build.ts [--force]`; start.mjs and cli.mjs call it too.
// Progress goes to standard error: standard output belongs to the command that runs afterwards.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import type { InlineConfig } from 'vite';
import { contentTypeOf } from '../../shared/domain/content-policy.ts';
import { mainConfig, preloadConfig, rendererConfig, root } from './entries.ts';
import { alone } from '../../main/cli/alone.ts';
import { sourceStamp } from './stamp.ts';

const dist = join(root, 'dist');
const stampFile = join(dist, 'stamp');
const cache = join(root, 'node_modules/.cache/breakwater');

const filesUnder = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    : [];

const isBuilt = (stamp: string): boolean => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;

/** The list of what a window may ask for: path → file, type, digest. Whatever is not in it does not exist for a host. */
const writeAssetList = (folder: string): void => {
  const list = Object.fromEntries(
    filesUnder(join(folder, 'renderer'))
      .sort()
      .map((file) => {
        const bytes = readFileSync(join(folder, 'renderer', file));
        const path = `/${file.split(sep).join('/')}`;
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        return [path, { file: `renderer${path}`, type: contentTypeOf(path), size: bytes.length, sha256 }];
      }),
  );
  writeFileSync(join(folder, 'assets.json'), `${JSON.stringify(list, null, 1)}\n`);
};

/**
 * Move the new files over the old ones one by one, entry files last. Files of the former build stay for a day: a running
 * Breakwater may still load one of its parts.
 */
const moveOver = (from: string): void => {
  const fresh = filesUnder(from);
  const isPart = (file: string): boolean => /chunk-|assets[\\/]/.test(file);
  for (const file of fresh.sort((a, b) => Number(isPart(b)) - Number(isPart(a)))) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    renameSync(join(from, file), join(dist, file));
  }
  const kept = new Set(fresh);
  for (const file of filesUnder(dist)) {
    if (kept.has(file) || file === 'stamp') continue;
    if (Date.now() - statSync(join(dist, file)).mtimeMs > 86_400_000) rmSync(join(dist, file), { force: true });
  }
};

/** Build when needed. Returns true when it built. Throws with the bundler's message when the sources do not build. */
export const buildWhenNeeded = async (options: { readonly force?: boolean } = {}): Promise<boolean> => {
  if (options.force !== true && isBuilt(sourceStamp(root))) return false;
  return alone(join(cache, 'build.lock'), 180_000, async () => {
    const stamp = sourceStamp(root);
    if (options.force !== true && isBuilt(stamp)) return false;
    process.stderr.write('Building Breakwater (only when its sources changed)…\n');
    const { build } = await import('vite');
    const next = join(cache, `dist-${process.pid}`);
    const run = async (config: InlineConfig): Promise<void> => void (await build(config));
    try {
      await run(rendererConfig(join(next, 'renderer')));
      await run(mainConfig(join(next, 'main')));
      await run(preloadConfig(join(next, 'preload')));
      renameSync(join(next, 'preload', 'preload.cjs'), join(next, 'main', 'preload.cjs'));
      writeAssetList(next);
      moveOver(next);
      writeFileSync(stampFile, stamp);
    } finally {
      rmSync(next, { recursive: true, force: true });
    }
    return true;
  });
};

/** The bundler's words without colours and without its own stack. */
export const buildProblem = (thrown: unknown): string => {
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return `Breakwater could not be built.\n${stripVTControlCharacters(words).trim()}`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const built = await buildWhenNeeded({ force: process.argv.includes('--force') });
    process.stderr.write(built ? 'Built.\n' : 'Nothing to build: dist/ is up to date.\n');
  } catch (thrown) {
    process.stderr.write(`${buildProblem(thrown)}\n`);
    process.exitCode = 1;
  }
}
