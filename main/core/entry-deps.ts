import { randomBytes } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { type Failure, failure } from '../../shared/base/failure.ts';
import type { Clock } from '../../shared/base/time.ts';
import type { FromCore } from '../../shared/contract/mux.ts';
import type { Status } from '../../shared/contract/status.ts';
import { isProfileName, type Machine, practiceFolder } from '../../shared/domain/paths.ts';
import { checkConnection } from '../databricks/connection-check.ts';
import { openWorkspace } from '../databricks/workspace.ts';
import { checkedSources } from '../lake/sources.ts';
import { cliHere } from '../databricks/cli-token.ts';
import { connectionSources } from './connection-sources.ts';
import type { CoreDeps } from './create-core.ts';
import { keyringBytes, keyringWrap } from './key-wrap.ts';
import { lineLogger } from './logger.ts';
import { nodeScheduler } from './node-seams.ts';
import { practiceSource } from './practice.ts';
import { unattendedConnection } from './unattended.ts';

/**
 * What an entry knows of its process, made into the core's dependencies. This is the only file of the room that reads the
 * environment: BREAKWATER_HOME (folder of all profiles), BREAKWATER_CLOCK_OFFSET_MS (tests and drills; the status says so),
 * BREAKWATER_PRACTICE=off (no practice lakehouse is looked for or started), BREAKWATER_CONNECTION (commands only: `environment` or
 * a section of `~/.databrickscfg` in place of the saved workspace, for unattended use), and
 * DATABRICKS_* where the process has them: the desktop's core does not, it is told them once (main/shell/core-env.ts).
 */
export type EntryOptions = {
  readonly profile: string;
  readonly host: Status['host'];
  readonly version: string;
  /** Node 24 and the file that it runs as practice lakehouse. */
  readonly practice: {
    readonly nodePath: string;
    readonly entry: string;
    readonly seed: number;
    readonly fault: 'line' | 'none' | 'two';
  };
};

/** `--profile NAME --host KIND --app-version V --node PATH --practice-entry FILE [--practice-seed N] [--practice-fault F]`. */
export const entryOptions = (argv: readonly string[], execPath: string): EntryOptions => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      profile: { type: 'string', default: 'default' },
      host: { type: 'string', default: 'electron' },
      'app-version': { type: 'string', default: '0.0.0' },
      node: { type: 'string', default: execPath },
      'practice-entry': { type: 'string', default: new URL('../practice/entry.ts', import.meta.url).pathname },
      'practice-seed': { type: 'string', default: '1' },
      'practice-fault': { type: 'string', default: 'line' },
    },
  });
  if (!isProfileName(values.profile)) throw new Error(`not a profile name: ${values.profile}`);
  return {
    profile: values.profile,
    host: values.host === 'browser' || values.host === 'in-process' ? values.host : 'electron',
    version: values['app-version'],
    practice: {
      nodePath: values.node,
      entry: values['practice-entry'],
      seed: Number(values['practice-seed']) || 1,
      fault: (['none', 'two'] as const).find((known) => known === values['practice-fault']) ?? 'line',
    },
  };
};

type Env = Readonly<Record<string, string | undefined>>;

/** Dependencies of a core in this process. `keyring`, `variables`: see contract/mux.ts `start`. */
export const nodeCoreDeps = (
  options: EntryOptions,
  env: Env,
  keyring: string | null,
  variables: Env = {},
): CoreDeps => {
  const session = { ...env, ...variables };
  const offset = Number(env['BREAKWATER_CLOCK_OFFSET_MS'] ?? 0) || 0;
  const clock: Clock = { now: () => new Date().getTime() + offset };
  const random = (length: number): Uint8Array => randomBytes(length);
  const logger = lineLogger(clock, (line) => void process.stderr.write(`${line}\n`));
  const machine: Machine = { platform: process.platform, home: homedir(), env };
  const databricks = {
    clock,
    scheduler: nodeScheduler,
    random,
    log: (level: 'error' | 'warn' | 'info' | 'debug', line: string) => {
      if (level === 'error' || level === 'warn') logger[level](line);
    },
  };
  const auth = { clock, cli: cliHere(homedir(), session) };
  // Only where nobody sits in front of it: a robot must not act in a person's place without being asked for.
  const named = options.host === 'in-process' ? env['BREAKWATER_CONNECTION'] || undefined : undefined;
  const ring = keyringBytes(keyring);
  const wrap = ring === null ? null : keyringWrap(ring);
  return {
    machine,
    profile: options.profile,
    clock,
    scheduler: nodeScheduler,
    random,
    logger,
    host: options.host,
    version: options.version,
    userName: osUserName(),
    ...(wrap === null ? {} : { keyWrap: wrap }),
    ...(ring === null ? {} : { keyring: ring }),
    openWorkspace: (connection) => openWorkspace(connection, databricks),
    checkConnection: (connection, options) => checkConnection(connection, checkedSources, databricks, options),
    auth,
    ...(named === undefined
      ? {}
      : { unattended: () => unattendedConnection(named, connectionSources(session, homedir()), auth) }),
    connectionSources: () => connectionSources(session, homedir()),
    practice:
      env['BREAKWATER_PRACTICE'] === 'off'
        ? null
        : practiceSource(
            { dir: practiceFolder(machine), ...options.practice, clock, scheduler: nodeScheduler },
            options.profile,
          ),
    notices: offset === 0 ? [] : [clockIsOff(offset)],
  };
};

/** Files for the window go through the parent: it serves `/download/<ticket>` once; the window never names a path. */
export const offerThrough =
  (send: (message: FromCore) => void) =>
  (file: string): string => {
    const ticket = randomBytes(24).toString('base64url');
    send({ t: 'offer', ticket, file });
    return `/download/${ticket}`;
  };

/** The name that the operating system knows; none in containers without an account. */
const osUserName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
};

const clockIsOff = (offset: number): Failure =>
  failure(
    'ClockOffset',
    `The clock of this session is set ${Math.round(Math.abs(offset) / 60_000)} minutes ${offset > 0 ? 'ahead' : 'back'} for a drill or a test.`,
    'Entries written now carry that time.',
    'Start without BREAKWATER_CLOCK_OFFSET_MS for real work.',
  );
