import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The SQLite binding needs this version of Node-API; an older runtime dies when it loads it. */
export const neededNapi = 10;

export type CoreRuntime =
  | { readonly kind: 'utility'; readonly entry: string; readonly node: string | null }
  | { readonly kind: 'node'; readonly entry: string; readonly node: string }
  | { readonly kind: 'none'; readonly problem: string };

export type RuntimeFacts = {
  /** `process.versions.napi` of this Electron. */
  readonly napi: string | undefined;
  /** Folder of the bundles, `dist/main`. */
  readonly bundles: string;
  /** Folder of package.json. */
  readonly app: string;
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
};

/** How the core runs here: in Electron's own utility process, or as a child of the Node 24 that came with the packages. */
export const coreRuntime = (facts: RuntimeFacts): CoreRuntime => {
  const name = facts.platform === 'win32' ? 'node.exe' : 'node';
  const candidates = [facts.env['BREAKWATER_NODE'], join(facts.app, 'node_modules', '.bin', name)];
  const node = candidates.find((path) => path !== undefined && path !== '' && facts.exists(path)) ?? null;
  if (Number(facts.napi ?? 0) >= neededNapi)
    return { kind: 'utility', entry: join(facts.bundles, 'core-utility.js'), node };
  if (node !== null) return { kind: 'node', entry: join(facts.bundles, 'core-child.js'), node };
  return {
    kind: 'none',
    problem: `This Electron has Node-API ${facts.napi ?? 'unknown'}; the database needs ${neededNapi}, or Node 24 beside it. Run npm ci, or name a Node 24 in BREAKWATER_NODE.`,
  };
};

/** The folder of our package.json, upwards from a file of ours. */
export const appFolder = (from: string): string => {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && /"name":\s*"breakwater"/.test(readFileSync(file, 'utf8'))) return folder;
    if (dirname(folder) === folder) throw new Error('The package.json of Breakwater is missing. Install it again.');
  }
};
