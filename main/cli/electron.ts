import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scheduler } from '../../shared/base/time.ts';
import { parseJson, isJsonObject } from '../../shared/base/json.ts';

/** The Electron binary that would be used, without ever fetching one: BREAKWATER_ELECTRON, else the npm package's own. */
export const findElectron = (
  root: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly path: string } | { readonly missing: string } => {
  const named = env['BREAKWATER_ELECTRON'] ?? '';
  if (named !== '')
    return existsSync(named)
      ? { path: named }
      : { missing: `BREAKWATER_ELECTRON names ${named}, which does not exist` };
  const folder = join(root, 'node_modules', 'electron');
  const pathFile = join(folder, 'path.txt');
  const path = existsSync(pathFile) ? join(folder, 'dist', readFileSync(pathFile, 'utf8').trim()) : null;
  return path !== null && existsSync(path)
    ? { path }
    : { missing: 'Electron is not downloaded (breakwater electron get fetches it)' };
};

export type ElectronIdentity = { readonly electron: string; readonly napi: string };
export const probeMs = 3_000;

/** Arguments of the desktop app. Without a sandbox (tests only) the GPU process is left out, too. */
export const electronArguments = (root: string, sandbox: boolean, more: readonly string[]): string[] => [
  root,
  ...more,
  ...(sandbox ? [] : ['--no-sandbox', '--disable-gpu']),
];

/** Does Electron start here within 3 s? Its versions, or the reason in words. It opens no window and keeps nothing. */
export const probeElectron = (
  path: string,
  root: string,
  sandbox: boolean,
  profile: string,
  scheduler: Scheduler,
): Promise<ElectronIdentity | { readonly problem: string }> =>
  new Promise((resolve) => {
    const child = spawn(path, electronArguments(root, sandbox, ['--breakwater-probe', `--profile=${profile}`]), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let trouble = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (trouble = (trouble + text).slice(-4000)));
    const cancel = scheduler.after(probeMs, () => {
      child.kill('SIGKILL');
      resolve({ problem: `Electron did not start within ${probeMs / 1000} s` });
    });
    child.once('error', (thrown) => {
      cancel();
      resolve({ problem: `Electron cannot be run: ${thrown.message}` });
    });
    child.once('close', (code, signal) => {
      cancel();
      resolve(
        identityIn(out) ?? { problem: `Electron does not start (${lastWords(trouble) || (signal ?? `exit ${code}`)})` },
      );
    });
  });

const identityIn = (out: string): ElectronIdentity | null => {
  const line = /^PROBE (\{.*\})$/m.exec(out)?.[1];
  const parsed = line === undefined ? null : parseJson(line);
  if (parsed === null || !parsed.ok || !isJsonObject(parsed.value)) return null;
  const { electron, napi } = parsed.value;
  return typeof electron === 'string' && typeof napi === 'string' ? { electron, napi } : null;
};

/** The line that says why: a missing library, no display. */
const lastWords = (trouble: string): string => {
  const lines = trouble
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.find((line) => /error while loading|cannot open|Missing X server|unable to open/i.test(line));
  return (telling ?? lines.at(-1) ?? '').slice(0, 200);
};
