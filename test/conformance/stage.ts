import type { Connection, DatabricksFailure, Parameter, RowPage, Workspace } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import type { DatabricksDeps } from '../../main/databricks/deps.ts';
import type { Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/time.ts';
import { databricksDeps } from '../support/lakehouse.ts';
import type { Practice } from '../support/practice.ts';
import { noWishes, type Wishes } from './wishes.ts';

export const engines = ['practice', 'spark', 'workspace'] as const;
export type Engine = (typeof engines)[number];

/** What a check works on: one engine behind the unmodified driver, with a catalog and a schema that it may fill. */
export type Stage = {
  readonly engine: Engine;
  /** One line about what answers: versions, runtime, cloud. */
  readonly about: string;
  readonly catalog: string;
  readonly schema: string;
  readonly connection: Connection;
  readonly deps: DatabricksDeps;
  /** The workspace that most checks share; `another` opens one with a session of its own, closed with the stage. */
  readonly workspace: Workspace;
  readonly another: () => Workspace;
  /** Statements that went through the driver, by name; and those that the engine answered to their end at least once. */
  readonly sent: ReadonlySet<string>;
  readonly answered: ReadonlySet<string>;
  /** The practice lakehouse whose REST answers; null at a real workspace. */
  readonly practice: Practice | null;
  readonly wishes: Wishes;
  /** How the warehouse was found and how long its first answer took; null = nobody looked. */
  readonly opening: { readonly state: string; readonly ms: number } | null;
  /** How long the engine took to be fetched, in ms; 0 where nothing is. */
  readonly gettingMs: number;
  /** A workspace as the second user of the wishes; null = there is none. Closed with the stage. */
  readonly other: () => Workspace | null;
  /** Takes away the right to what a statement or a path of REST matches; null gives it back. Does nothing at a real workspace. */
  readonly refuse: (pattern: string | null) => Promise<void>;
  readonly close: () => Promise<void>;
};

export type StageBase = Pick<Stage, 'engine' | 'about' | 'catalog' | 'schema' | 'connection' | 'practice'> & {
  readonly wishes?: Wishes;
  readonly opening?: Stage['opening'];
  readonly gettingMs?: number;
  /** Opens a workspace; replaced by tests that have no Databricks host. */
  readonly open?: (connection: Connection, deps: DatabricksDeps) => Workspace;
  readonly refuse?: Stage['refuse'];
  /** Another time than that of the machine. */
  readonly clock?: Clock;
  /** Runs first when the stage is closed, while it can still be asked. */
  readonly clean?: (stage: Stage) => Promise<void>;
  /** Runs last, after every session is closed. */
  readonly end: () => Promise<void>;
};

const openReal = (connection: Connection, deps: DatabricksDeps): Workspace => {
  const opened = openWorkspace(connection, deps);
  if (!opened.ok) throw new Error(`${opened.error.what} ${opened.error.advice}`);
  return opened.value;
};

export const makeStage = (base: StageBase): Stage => {
  const sent = new Set<string>();
  const answered = new Set<string>();
  const deps = databricksDeps({
    onStatement: (name) => void sent.add(name),
    onAnswered: (name) => void answered.add(name),
    limits: { statementMs: 180_000, openMs: 120_000 },
    ...(base.clock === undefined ? {} : { clock: base.clock }),
  });
  const open = (to = base.connection): Workspace => (base.open ?? openReal)(to, deps);
  const opened = [open()];
  const { engine, about, catalog, schema, connection, practice, wishes = noWishes } = base;
  const stage: Stage = {
    engine,
    about,
    catalog,
    schema,
    connection,
    practice,
    deps,
    sent,
    answered,
    wishes,
    opening: base.opening ?? null,
    gettingMs: base.gettingMs ?? 0,
    other: () => {
      if (wishes.other === null) return null;
      const next = open(wishes.other);
      opened.push(next);
      return next;
    },
    refuse: base.refuse ?? (() => Promise.resolve()),
    workspace: opened[0] ?? open(),
    another: () => {
      const next = open();
      opened.push(next);
      return next;
    },
    close: async () => {
      await base.clean?.(stage);
      for (const one of opened) await one.close();
      await base.end();
    },
  };
  return stage;
};

/** What a statement did: its rows, or how it was refused. This, as JSON, is what checks compare. */
export type Seen =
  | { readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly errorClass: string; readonly sqlState: string }
  | { readonly failed: string };

const failedWith = (failure: DatabricksFailure): Seen =>
  failure.errorClass !== undefined || failure.sqlState !== undefined
    ? { errorClass: failure.errorClass ?? '', sqlState: failure.sqlState ?? '' }
    : { failed: failure.tag };

export const seenOf = (answer: Result<RowPage, DatabricksFailure>): Seen =>
  answer.ok
    ? { rows: answer.value.rows.map((row) => answer.value.columns.map((name) => row[name] ?? null)) }
    : failedWith(answer.error);

export type Parameters = Readonly<Record<string, Parameter>>;

/** Run one statement of the suite's own. */
export const ask = async (
  workspace: Workspace,
  text: string,
  parameters?: Parameters,
): Promise<Result<RowPage, DatabricksFailure>> =>
  workspace.warehouse.query({
    name: 'conformance',
    text,
    effect: 'write',
    ...(parameters === undefined ? {} : { parameters }),
  });

export const see = async (stage: Stage, text: string, parameters?: Parameters): Promise<Seen> =>
  seenOf(await ask(stage.workspace, text, parameters));

/** Rows of a statement that must work, by column. */
export const rowsOf = async (
  stage: Stage,
  text: string,
  parameters?: Parameters,
): Promise<readonly Readonly<Record<string, string | null>>[]> => {
  const answer = await ask(stage.workspace, text, parameters);
  if (!answer.ok) throw new Error(`${text.slice(0, 200)}: ${answer.error.what} (${answer.error.code ?? ''})`);
  return answer.value.rows;
};

/** Run statements one after the other; all must work. */
export const prepare = async (stage: Stage, ...texts: readonly string[]): Promise<void> => {
  for (const text of texts) await rowsOf(stage, text);
};
