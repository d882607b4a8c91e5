// Stock tools, as an auditor runs them.
import { spawnSync } from 'node:child_process';

export type Ran = { readonly code: number | null; readonly out: string; readonly text: string };

/** Run a command line in a folder with `breakwater` on its path; everything it printed is in `text`. */
export const shell = (script: string, cwd: string, env: Readonly<Record<string, string>> = {}): Ran => {
  const done = spawnSync('bash', ['-c', script], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', LANG: 'C.UTF-8', ...env },
  });
  return { code: done.status, out: done.stdout, text: `${done.stdout}${done.stderr}` };
};
