// Every button of the drawer, pressed as the window presses it: what it does to a lakehouse, and that it lets go.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCore, type Core } from '../../main/core/create-core.ts';
import { noButtons, type Buttons } from '../../main/core/practice.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { failure } from '../../shared/base/failure.ts';
import type { JsonObject } from '../../shared/base/json.ts';
import { err, ok } from '../../shared/base/result.ts';
import { calls, type CallInput } from '../../shared/contract/calls.ts';
import { until } from '../support/browser.ts';
import { coreDeps, value } from '../support/core.ts';
import { practiceConnection, practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

type Pressed = CallInput<'practice.set'>;
const home = mkdtempSync(join(tmpdir(), 'bw-drawer-'));
let practice: Practice;
let core: Core;
let workspace: Workspace;

/** Nothing repeats by itself and nothing waits long: what a button does to one statement is seen at that one. */
const impatient = { limits: { statementMs: 4_000, readRepeats: 0, retryMs: 1, retryCapMs: 1 } };

/** First cell of each row, or how the statement failed. */
const seen = async (text: string, effect: 'read' | 'write' = 'read'): Promise<readonly (string | null)[] | string> => {
  const answer = await workspace.warehouse.query({ name: 'drawer', text, effect });
  if (!answer.ok) return answer.error.errorClass ?? answer.error.tag;
  return answer.value.rows.map((row) => row[answer.value.columns[0] ?? ''] ?? null);
};
const write = (text: string): Promise<readonly (string | null)[] | string> => seen(text, 'write');
const count = (a: number): Promise<unknown> => seen(`SELECT count(*) AS n FROM main.drawer.t WHERE a = ${a}`);
const status = async (path: string): Promise<number | string> => {
  try {
    return (await practice.rest(path)).status;
  } catch {
    return 'nobody answers';
  }
};
const took = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const me = '/api/2.0/preview/scim/v2/Me';
const warehouse = async (): Promise<unknown> =>
  (await practice.rest(`/api/2.0/sql/warehouses/${practice.httpPath.split('/').at(-1) ?? ''}`)).body['state'];
const press = (pressed: Pressed): Promise<{ readonly buttons: Buttons }> =>
  core.call('practice.set', pressed).then(value);

beforeAll(async () => {
  practice = await startPractice({ seed: 3 });
  const link = {
    connection: practiceConnection(practice),
    seed: 3,
    control: async (request: JsonObject) => ok((await practice.control(request)) as JsonObject),
  };
  // Nothing of the core's own asks the lakehouse here: it would use up what a button does once.
  const made = await createCore(
    coreDeps(home, {
      background: true,
      practice: () => Promise.resolve(ok(link)),
      openWorkspace: () => err(failure('Offline', 'nobody asks in this test', 's', 't')),
    }),
  );
  if (!made.ok) throw new Error(made.error.what);
  core = made.value;
  await until('practice is found', async () => value(await core.call('practice.get', {})).running || null);
  workspace = practiceWorkspace(practice, {}, impatient);
  await write('CREATE SCHEMA main.drawer');
  await write('CREATE TABLE main.drawer.t (a INT)');
}, 60_000);
afterAll(async () => {
  await workspace.close();
  await core.close();
  await practice.close();
  rmSync(home, { recursive: true, force: true });
});

type Row = {
  /** What the window sends. */
  readonly press: Pressed;
  /** How it is let go again; without it nothing stays pressed. */
  readonly undo: Pressed;
  /** What can be seen at the lakehouse: while it is pressed, and afterwards. */
  readonly look: () => Promise<unknown>;
  readonly while: unknown;
  readonly after: unknown;
  /** A fault that touches one statement is let go by that one. */
  readonly once?: true;
};

const refusedBySystem = ['INSUFFICIENT_PERMISSIONS', 403, ['1']];
const allowed = [['0'], 200, ['1']];
const system = async (): Promise<unknown> => [
  await seen('SELECT count(*) AS n FROM system.lakeflow.jobs WHERE job_id IS NULL'),
  await status('/api/2.2/jobs/list'),
  await seen('SELECT 1 AS a'),
];

const rows: readonly Row[] = [
  {
    press: { disconnected: true },
    undo: { disconnected: false },
    look: () => status(me),
    while: 'nobody answers',
    after: 200,
  },
  ...(['401', '403', '429', '500', '503'] as const).map((fail): Row => ({
    press: { fail },
    undo: { fail: null },
    look: async () => [await status(me), typeof (await seen('SELECT 1 AS a')) === 'string'],
    while: [Number(fail), true],
    after: [200, false],
  })),
  {
    press: { latencyMs: 1_500 },
    undo: { latencyMs: 0 },
    look: async () => (await took(() => practice.rest(me))) > 1_400,
    while: true,
    after: false,
  },
  { press: { coldStart: true }, undo: { coldStart: false }, look: warehouse, while: 'STOPPED', after: 'RUNNING' },
  {
    press: { slowRows: true },
    undo: { slowRows: false },
    look: async () => (await took(() => seen('SELECT explode(sequence(1, 450)) AS a'))) > 1_500,
    while: true,
    after: false,
  },
  {
    press: { loseReply: true },
    undo: { loseReply: false },
    look: async () => [
      await write('INSERT INTO main.drawer.t VALUES (1)'),
      await count(1),
      await write('DELETE FROM main.drawer.t'),
    ],
    while: ['ReplyLost', ['1'], ['1']],
    after: [['1'], ['1'], ['1']],
    once: true,
  },
  {
    press: { cutResult: true },
    undo: { cutResult: false },
    look: async () => typeof (await seen('SELECT explode(sequence(1, 50)) AS a')),
    while: 'string',
    after: 'object',
  },
  {
    press: { commits: 'duplicated' },
    undo: { commits: null },
    look: async () => [
      await write('INSERT INTO main.drawer.t VALUES (2)'),
      await count(2),
      await write('DELETE FROM main.drawer.t'),
    ],
    while: [['1'], ['2'], ['2']],
    after: [['1'], ['1'], ['1']],
    once: true,
  },
  {
    press: { commits: 'missing' },
    undo: { commits: null },
    look: async () => [
      await write('INSERT INTO main.drawer.t VALUES (3)'),
      await count(3),
      await write('DELETE FROM main.drawer.t'),
    ],
    while: [['1'], ['0'], ['0']],
    after: [['1'], ['1'], ['1']],
    once: true,
  },
  {
    press: { missingColumns: true },
    undo: { missingColumns: false },
    look: async () => [
      await seen('SELECT max(termination_code) AS a FROM system.lakeflow.job_run_timeline WHERE run_id IS NULL'),
      await seen(
        'SELECT max(entity_metadata.job_info.job_id) AS a FROM system.access.table_lineage WHERE record_id IS NULL',
      ),
      await seen("SELECT count(*) > 0 AS a FROM system.access.audit WHERE request_params['full_name_arg'] IS NOT NULL"),
    ],
    while: ['UNRESOLVED_COLUMN.WITH_SUGGESTION', 'UNRESOLVED_COLUMN.WITH_SUGGESTION', ['false']],
    after: [[null], [null], ['true']],
  },
  {
    press: { permissionLost: true },
    undo: { permissionLost: false },
    look: system,
    while: refusedBySystem,
    after: allowed,
  },
  {
    press: { rights: { preset: 'no-system-tables', schemasOff: [] } },
    undo: { rights: { preset: 'everything', schemasOff: [] } },
    look: () => seen('SELECT count(*) AS n FROM system.lakeflow.jobs WHERE job_id IS NULL'),
    while: 'INSUFFICIENT_PERMISSIONS',
    after: ['0'],
  },
  {
    press: { speed: 5_000 },
    undo: { speed: null },
    look: async () => {
      const now = async (): Promise<number> => Number((await practice.control({}))['now']);
      const before = await now();
      await new Promise((resolve) => setTimeout(resolve, 500));
      return (await now()) - before > 600_000;
    },
    while: true,
    after: false,
  },
];

describe('a button of the drawer', () => {
  it.each(rows.map((row) => [JSON.stringify(row.press), row] as const))(
    '%s does what it says and lets go',
    async (_, row) => {
      const { buttons } = await press(row.press);
      expect(buttons).toEqual({ ...noButtons, ...row.press });
      expect(await row.look()).toEqual(row.while);
      if (row.once === true) expect(value(await core.call('practice.get', {})).buttons).toEqual(noButtons);
      expect((await press(row.undo)).buttons).toEqual(noButtons);
      expect(await row.look()).toEqual(row.after);
    },
    60_000,
  );

  it('ends every session: the next statement says so, and the one after opens another', async () => {
    expect(await seen('SELECT 1 AS a')).toEqual(['1']);
    await press({ happens: 'sessions-expire' });
    expect([await seen('SELECT 1 AS a'), await seen('SELECT 1 AS a')]).toEqual(['INVALID_HANDLE', ['1']]);
  });

  it('vacuums, restores, and drops and makes again what people made here', async () => {
    await write('CREATE TABLE main.drawer.m (a INT)');
    for (const a of [1, 2, 3]) await write(`INSERT INTO main.drawer.m VALUES (${a})`);
    const held = (at = ''): Promise<unknown> => seen(`SELECT a FROM main.drawer.m ${at} ORDER BY a`);
    expect(await held('VERSION AS OF 1')).toEqual(['1']);
    await press({ happens: 'vacuum' });
    expect([await held(), typeof (await held('VERSION AS OF 1'))]).toEqual([['1', '2', '3'], 'string']);
    await press({ happens: 'restore' });
    expect(await held()).toEqual(['1', '2']);
    await press({ happens: 'recreate' });
    expect(await held()).toEqual([]);
    expect(await seen('SELECT count(*) > 0 AS a FROM system.lakeflow.jobs')).toEqual(['true']);
  });

  it('lets go of all of them at once', async () => {
    const all: Pressed = {
      latencyMs: 1, fail: '503', loseReply: true, coldStart: true, slowRows: true, cutResult: true, commits: 'missing', missingColumns: true,
      permissionLost: true, rights: { preset: 'little', schemasOff: ['lakeflow'] }, speed: 2, disconnected: true,
    }; // prettier-ignore
    expect((await press(all)).buttons).toEqual(all);
    expect((await press({ happens: 'release' })).buttons).toEqual(noButtons);
    expect([await status(me), await warehouse(), await seen('SELECT 1 AS a')]).toEqual([200, 'RUNNING', ['1']]);
  });

  it('is in this table when the window may press it', () => {
    const may = Object.keys(calls['practice.set'].input.entries).filter((name) => name !== 'happens');
    const pressed = new Set(rows.flatMap((row) => Object.keys(row.press)));
    expect(may.filter((name) => !pressed.has(name))).toEqual([]);
    expect(Object.keys(noButtons).sort()).toEqual(may.sort());
  });
});
