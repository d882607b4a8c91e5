import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What tests fetch once and keep outside git. */
export const cacheFolder = (): string =>
  process.env['BREAKWATER_CACHE'] ?? join(homedir(), '.cache', 'breakwater-test');
