// The command line as somebody runs it: a process of the built program in a home of its own.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './places.ts';

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** Build when the sources changed. */
export const buildOnce = (): void => {
  const built = spawnSync(process.execPath, [join(root, 'resources/build/build.ts')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the program does not build: ${built.stderr}`);
};

export const builtCli = join(root, 'dist/main/cli.js');

type Options = { readonly home: string; readonly uid?: number; readonly env?: Readonly<Record<string, string>> };

/** Run a program until it ends, at most two minutes, and keep what it printed. */
export const runProgram = (program: string, args: readonly string[], options: Options): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: root,
      env: { ...process.env, BREAKWATER_HOME: options.home, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });

export const runCli = (args: readonly string[], options: Options): Promise<Ran> =>
  runProgram(process.execPath, [builtCli, ...args], options);

/** Digest of every file below a folder: equal before and after means that nothing was written. */
export const filesOf = (folder: string): Readonly<Record<string, string>> =>
  existsSync(folder)
    ? Object.fromEntries(
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
          .map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]),
      )
    : {};
