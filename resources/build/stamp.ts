// Has anything that goes into dist/ changed since it was built? Contents decide, not times: git sets times as it likes.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const folders = ['main', 'renderer', 'shared', 'resources/build', 'test/conformance/reports'];
const files = ['package.json', 'package-lock.json'];
const source = /\.(ts|tsx|mts|cts|mjs|cjs|js|css|html|svg|json|woff2|png|sql|ya?ml)$/;

const walk = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && source.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

/** sha256 (hex) over path and content of every source file under `root`. */
export const sourceStamp = (root: string): string => {
  const hash = createHash('sha256');
  const paths = [...folders.flatMap((folder) => walk(join(root, folder))), ...files.map((file) => join(root, file))];
  for (const path of paths.sort()) {
    if (!existsSync(path)) continue;
    hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
};
