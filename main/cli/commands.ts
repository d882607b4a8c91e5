import type { Command } from './command.ts';

/** Every command: its name → the file that is loaded when somebody calls it. Commands stand in the order of `--help`. */
export const commands: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  start: () => import('./start.ts'),
  serve: () => import('./serve.ts'),
  practice: () => import('./practice.ts'),
  doctor: () => import('./doctor.ts'),
  setup: () => import('./setup.ts'),
  share: () => import('./share.ts'),
  sync: () => import('./sync.ts'),
  verify: () => import('./verify.ts'),
  export: () => import('./export.ts'),
  import: () => import('./import.ts'),
  drill: () => import('./drill.ts'),
  electron: () => import('./electron-get.ts'),
};
