import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkHost, checkHttpPath } from '../../main/databricks/hosts.ts';
import { quoteName } from '../../main/databricks/identifiers.ts';
import type { Connection } from '../../main/databricks/port.ts';
import { staticToken } from '../../main/databricks/token-source.ts';
import type { WorkspaceReport } from '../../shared/domain/proven.ts';
import type { Outcome } from './check.ts';
import { ask, makeStage, type Stage, type StageBase } from './stage.ts';
import { toVerify } from './to-verify.ts';

/** What a run against a real workspace needs; nothing is read from profiles, so that no workspace is used by accident. */
export const variables = {
  BREAKWATER_CONFORMANCE_HOST: 'host of the workspace',
  BREAKWATER_CONFORMANCE_HTTP_PATH: 'HTTP path of a SQL warehouse',
  BREAKWATER_CONFORMANCE_TOKEN: 'a personal access token',
  BREAKWATER_CONFORMANCE_CATALOG: 'a catalog in which schemas may be made and dropped',
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

const need = (env: Environment, name: keyof typeof variables): string => {
  const value = env[name] ?? '';
  if (value !== '') return value;
  const lines = Object.entries(variables).map(([key, words]) => `  ${key}: ${words}`);
  throw new Error(`A run against a workspace needs these variables (${name} is missing):\n${lines.join('\n')}`);
};

/** The workspace that the environment names. Throws words that say what is missing or refused. */
export const connectionFrom = (env: Environment): Connection => {
  const token = need(env, 'BREAKWATER_CONFORMANCE_TOKEN');
  need(env, 'BREAKWATER_CONFORMANCE_CATALOG');
  const host = checkHost(need(env, 'BREAKWATER_CONFORMANCE_HOST'), 'workspace');
  const path = checkHttpPath(need(env, 'BREAKWATER_CONFORMANCE_HTTP_PATH'));
  if (!host.ok) throw new Error(`${host.error.what} ${host.error.advice}`);
  if (!path.ok) throw new Error(`${path.error.what} ${path.error.advice}`);
  return { kind: 'workspace', name: 'conformance', ...host.value, httpPath: path.value, auth: staticToken(token) };
};

/** Every schema that the suite makes: its own one, and those of shares, which begin with its name. */
const schemasOf = async (stage: Stage): Promise<readonly string[]> => {
  const found = await ask(stage.workspace, `SHOW SCHEMAS IN ${stage.catalog}`);
  if (!found.ok) throw new Error(found.error.what);
  return found.value.rows
    .map((row) => row['databaseName'] ?? '')
    .filter((name) => name === stage.schema || name.startsWith(`${stage.schema}_`));
};

/** Drops what the run made, and says what it could not drop. */
const clean = async (stage: Stage): Promise<void> => {
  const left: string[] = [];
  for (const schema of await schemasOf(stage)) {
    const dropped = await ask(stage.workspace, `DROP SCHEMA IF EXISTS ${stage.catalog}.${quoteName(schema)} CASCADE`);
    if (!dropped.ok) left.push(`${stage.catalog}.${schema}: ${dropped.error.what}`);
  }
  if (left.length > 0) process.stderr.write(`Not dropped, please do it by hand:\n  ${left.join('\n  ')}\n`);
};

export type WorkspaceRun = Pick<StageBase, 'connection' | 'open' | 'wishes' | 'opening'> & { readonly catalog: string };

/** A stage in schemas with a name that nobody else has; closing it drops them. `open` is replaced by tests only. */
export const workspaceStage = (run: WorkspaceRun): Stage =>
  makeStage({
    engine: 'workspace',
    about: `a real workspace (${cloudOf(run.connection.host)})`,
    schema: `breakwater_conformance_${randomBytes(4).toString('hex')}`,
    practice: null,
    ...run,
    clean,
    end: () => Promise.resolve(),
  });

const cloudOf = (host: string): string =>
  /azure/.test(host) ? 'azure' : /\.gcp\./.test(host) ? 'gcp' : /databricks/.test(host) ? 'aws' : 'no cloud';

/** What the warehouse says of its version; documented as a struct, told as text. */
const runtimeOf = async (stage: Stage): Promise<string> => {
  const found = await ask(stage.workspace, 'SELECT to_json(current_version()) AS version');
  return found.ok ? (found.value.rows[0]?.['version'] ?? 'runtime not told') : 'runtime not told';
};

type Report = WorkspaceReport & {
  /** How long each number of clients pushed, in seconds. */
  readonly loadSeconds: number;
  readonly notObserved: number;
  /** Checks that only tell: what they answered proves nothing. */
  readonly told: number;
  /** What each fact that was to be verified came to, by the checks that asked. */
  readonly facts: readonly { readonly fact: string; readonly checks: Readonly<Record<string, string>> }[];
  readonly checks: readonly Omit<Outcome, 'ms' | 'told'>[];
};

/** Writes the dated report of a run and returns its path. It holds no host, no token and no user. */
export const writeReport = async (stage: Stage, outcomes: readonly Outcome[], folder: string): Promise<string> => {
  const count = (state: Outcome['state']): number => outcomes.filter((one) => one.state === state).length;
  const stateOf = (id: string): string => outcomes.find((one) => one.id === id)?.state ?? 'not run';
  const report: Report = {
    date: new Date(stage.deps.clock.now()).toISOString().slice(0, 10),
    cloud: cloudOf(stage.connection.host),
    runtime: await runtimeOf(stage),
    passed: count('passed'),
    failed: count('failed'),
    notObserved: count('not observed'),
    told: count('told'),
    loadSeconds: stage.wishes.loadSeconds,
    facts: toVerify.map(({ fact, checks }) => ({
      fact,
      checks: Object.fromEntries(checks.map((id) => [id, stateOf(id)])),
    })),
    checks: outcomes.map(({ id, state, text, answer }) => ({
      id,
      state,
      text: text.split('\n    at ')[0] ?? '',
      ...(answer === undefined ? {} : { answer }),
    })),
  };
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${report.date}-${report.cloud}.json`);
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
};
