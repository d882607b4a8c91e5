import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConnectionSources } from '../databricks/connection.ts';

/** A larger file is no configuration file, and is not read. */
const largest = 256 * 1024;

/**
 * Where a connection of this process may come from: its environment, and DATABRICKS_CONFIG_FILE or `~/.databrickscfg`. Read
 * anew each time. A file that is missing, unreadable or no plain file counts as none: reading a pipe could wait for ever.
 */
export const connectionSources = (env: ConnectionSources['env'], home: string): ConnectionSources => {
  const named = env['DATABRICKS_CONFIG_FILE'] || join(home, '.databrickscfg');
  const path = named.replace(/^~(?=[/\\])/, () => home);
  return { env, configFile: textOf(path) };
};

const textOf = (path: string): string | null => {
  try {
    const facts = statSync(path);
    return facts.isFile() && facts.size <= largest ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
};
