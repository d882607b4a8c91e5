import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensure } from '../../shared/base/assert.ts';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';
import type { Clock, RandomBytes } from '../../shared/base/time.ts';
import type { Machine } from '../../shared/domain/paths.ts';
import { randomBytes } from 'node:crypto';

/** This machine as the pure rules of shared/domain/paths.ts want it. */
export const thisMachine = (): Machine => ({ platform: process.platform, home: homedir(), env: process.env });

export const systemClock: Clock = { now: () => new Date().getTime() };
export const systemRandom: RandomBytes = (length) => randomBytes(length);

const here = dirname(fileURLToPath(import.meta.url));

/** The folder of our package.json: a checkout, or the installed app. */
export const rootFolder = (): string => {
  for (let folder = here; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'main'))) return folder;
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'dist'))) return folder;
    ensure(dirname(folder) === folder ? null : folder, 'a file of Breakwater lies below its package.json');
  }
};

export const distFolder = (): string => join(rootFolder(), 'dist');

/** A bundle that runs in a process of its own. */
export const bundle = (name: 'core-child' | 'practice' | 'shell'): string => join(distFolder(), 'main', `${name}.js`);

export const packageField = (name: string): string => {
  const parsed = parseJson(readFileSync(join(rootFolder(), 'package.json'), 'utf8'));
  const value = parsed.ok && isJsonObject(parsed.value) ? parsed.value[name] : undefined;
  return typeof value === 'string' ? value : '';
};
export const appVersion = (): string => packageField('version');
