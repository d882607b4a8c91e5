// The command line as somebody runs it: a process of the built program in a home of its own.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './places.ts';
import { asPlainUser } from './plain-user.ts';

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** Build when the sources changed. */
export const buildOnce = (): void => {
  const built = spawnSync(process.execPath, [join(root, 'resources/build/build.ts')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the program does not build: ${built.stderr}`);
};

export const builtCli = join(root, 'dist/main/cli.js');

type Options = {
  readonly home: string;
  /** As somebody for whom file modes hold, also when these tests run as root. */
  readonly plain?: boolean;
  readonly env?: Readonly<Record<string, string>>;
};

/** Run a program until it ends, at most two minutes, and keep what it printed. */
export const runProgram = (program: string, args: readonly string[], options: Options): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const run = options.plain === true ? asPlainUser(program, args) : { program, args };
    const child = spawn(run.program, [...run.args], {
      cwd: root,
      env: { ...process.env, BREAKWATER_HOME: options.home, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
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

/**
 * Sum and size of every file below a folder: equal before and after means that nothing was written. In a process of its own:
 * reading a database's file here would drop the locks that this process holds on it (POSIX locks go with any descriptor).
 */
export const filesOf = (folder: string): readonly string[] => {
  if (!existsSync(folder)) return [];
  const listed = spawnSync('find', [folder, '-type', 'f', '-exec', 'cksum', '{}', '+'], { encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`${folder} cannot be listed: ${listed.stderr}`);
  return listed.stdout
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
};
