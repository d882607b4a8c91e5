import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { DatabricksDeps } from './deps.ts';
import { databricksFailure } from './failures.ts';
import { originOf } from './oauth-http.ts';
import type { DatabricksFailure, TokenSource } from './port.ts';
import { renewing, type TimedToken } from './renewing.ts';
import type { Place } from './transport.ts';

/** How the Databricks CLI is asked: standard output, or null where it is not installed. Rejects when it refuses. */
export type CliSeam = {
  readonly run: (args: readonly string[]) => Promise<string | null>;
  /** Text of `~/.databricks/token-cache.json`; null when there is none. */
  readonly cache: () => string | null;
};

const patienceMs = 20_000;

/**
 * The CLI and its cache on this machine: the program that DATABRICKS_CLI_PATH names (facts 4), else `databricks` on the PATH. It is run
 * without a shell, and what it prints goes nowhere else.
 */
export const cliHere = (home: string, env: Readonly<Record<string, string | undefined>>): CliSeam => ({
  run: (args) =>
    new Promise((resolve, reject) =>
      execFile(
        env['DATABRICKS_CLI_PATH']?.trim() || 'databricks',
        [...args],
        { timeout: patienceMs, maxBuffer: 1024 * 1024 },
        (thrown, stdout) => {
          if (thrown === null) resolve(stdout);
          else if (thrown.code === 'ENOENT') resolve(null);
          else reject(new Error('the Databricks CLI refused'));
        },
      ),
    ),
  cache: () => {
    try {
      return readFileSync(join(home, '.databricks', 'token-cache.json'), 'utf8');
    } catch {
      return null;
    }
  },
});

const timed = (value: JsonValue | undefined): TimedToken | null => {
  if (!isJsonObject(value)) return null;
  const { access_token: token, expiry } = value;
  const expiresAt = typeof expiry === 'string' ? Date.parse(expiry) : Number.NaN;
  return typeof token === 'string' && token !== '' && !Number.isNaN(expiresAt) ? { token, expiresAt } : null;
};
const objectIn = (text: string | null): JsonObject => {
  const parsed = parseJson(text ?? '');
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
};

/**
 * Whoever is signed in with `databricks auth login`. The CLI renews; where it is not installed its cache is read as long as the
 * access token in it lasts. The refresh token there is never used: it is good for one use, and the CLI would lose its login.
 */
export const cliToken = (place: Place, deps: Pick<DatabricksDeps, 'clock'>, cli: CliSeam): TokenSource => {
  const host = originOf(place);
  const signIn = (detail: string): Result<never, DatabricksFailure> =>
    err(
      databricksFailure('Unauthorized', {
        detail,
        code: 'DATABRICKS_CLI',
        advice: `Run: databricks auth login --host ${host}`,
      }),
    );
  return renewing({
    kind: 'databricks-cli',
    now: deps.clock.now,
    secrets: [],
    fetch: async () => {
      let printed: string | null;
      try {
        printed = await cli.run(['auth', 'token', '--host', host]);
      } catch {
        return signIn('The Databricks CLI has no sign-in for this host, or it has ended.');
      }
      if (printed !== null) {
        const found = timed(objectIn(printed));
        return found === null ? signIn('The Databricks CLI did not answer with a token.') : ok(found);
      }
      // Version 1: `{"version":1,"tokens":{"<host>":{access_token, token_type, refresh_token, expiry}}}`.
      const { version, tokens } = objectIn(cli.cache());
      const cached = version === 1 && isJsonObject(tokens) ? timed(tokens[host] ?? tokens[place.host]) : null;
      return cached !== null && cached.expiresAt > deps.clock.now()
        ? ok(cached)
        : signIn('The Databricks CLI is not installed here, and its cache has no sign-in that still lasts.');
    },
  });
};
