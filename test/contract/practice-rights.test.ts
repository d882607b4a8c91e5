import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { column, dbx, statementKind } from '../../main/databricks/statements.ts';
import { practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

const read = statementKind('test.rights', 'read', 'what a user with few rights may see');
const write = statementKind('test.rights-write', 'write', 'what a user with few rights may not do');

vi.setConfig({ testTimeout: 120_000 });

let practice: Practice;
let workspace: Workspace;
let tables: readonly string[];
let job: string;
let otherJob: string;
beforeAll(async () => {
  practice = await startPractice({ seed: 5 });
  workspace = practiceWorkspace(practice);
  const [incident] = practice.truth.incidents;
  tables = [incident?.featureTable ?? ''];
  job = incident?.failedJob.id ?? '';
  const { body } = await practice.rest('/api/2.2/jobs/list?limit=100');
  otherJob = String((body['jobs'] as { job_id: number }[]).find((one) => String(one.job_id) !== job)?.job_id);
});
afterEach(async () => {
  await practice.control({ release: true });
});
afterAll(async () => {
  await workspace.close();
  await practice.close();
});

const limit = (change: Record<string, unknown> = {}): Promise<unknown> =>
  practice.control({ rights: { tables, jobs: [job], ...change } });
const named = (full: string) => {
  const [catalog = '', schema = '', table = ''] = full.split('.');
  return { catalog, schema, table };
};
const select = (full: string) => workspace.warehouse.query(read(dbx`SELECT * FROM ${named(full)} LIMIT 1`));
const rowsOf = async (view: string, by = 'table_name'): Promise<readonly string[]> => {
  const found = await workspace.warehouse.query(
    read(dbx`SELECT DISTINCT ${column(by)} AS n FROM ${named(`system.information_schema.${view}`)}`),
  );
  if (!found.ok) throw new Error(found.error.what);
  return found.value.rows.map((row) => row['n'] ?? '');
};

describe('a practice user with few rights', () => {
  it('reads its own tables; elsewhere the documented refusal names the right that is missing', async () => {
    await limit();
    expect((await select(tables[0] ?? '')).ok).toBe(true);
    const system = await select('system.lakeflow.jobs');
    expect(system).toMatchObject({ ok: false, error: { tag: 'Forbidden', errorClass: 'INSUFFICIENT_PERMISSIONS', sqlState: '42501' } }); // prettier-ignore
    expect(!system.ok && system.error.what).toContain(`USE CATALOG on Catalog 'system'`);
    const { catalog, schema } = named(tables[0] ?? '');
    const beside = practice.server.lake
      .tables()
      .find(
        (one) =>
          one.catalog === catalog && one.schema === schema && !tables.includes(`${catalog}.${schema}.${one.name}`),
      );
    const refused = await select(`${catalog}.${schema}.${beside?.name ?? ''}`);
    expect(!refused.ok && refused.error.what).toContain('SELECT on Table');
    expect(await select(`${catalog}.${schema}.no_such`)).toMatchObject({
      error: { errorClass: 'TABLE_OR_VIEW_NOT_FOUND' },
    });
  });

  it('sees its own rows of information_schema only, and writes nothing', async () => {
    await limit();
    const { catalog, schema, table } = named(tables[0] ?? '');
    expect((await rowsOf('tables')).filter((name) => name === table)).toEqual([table]);
    expect((await rowsOf('table_privileges')).every((name) => name === table)).toBe(true);
    expect(await rowsOf('schemata', 'catalog_name')).toEqual(expect.arrayContaining(['system', catalog]));
    expect(await rowsOf('schemata', 'schema_name')).toEqual(expect.not.arrayContaining(['lakeflow']));
    const written = await workspace.warehouse.query(
      write(dbx`CREATE TABLE ${{ catalog, schema, table: 'mine' }} (a STRING)`),
    );
    expect(written).toMatchObject({ ok: false, error: { errorClass: 'INSUFFICIENT_PERMISSIONS' } });
    expect(await workspace.warehouse.query(write(dbx`DROP TABLE ${named(tables[0] ?? '')}`))).toMatchObject({
      ok: false,
    });
  });

  it('sees its own jobs and runs; another job is refused, none is said not to exist', async () => {
    await limit();
    const jobs = (await practice.rest('/api/2.2/jobs/list')).body['jobs'] as { job_id: number }[];
    expect(jobs.map((one) => String(one.job_id))).toEqual([job]);
    const runs = (await practice.rest('/api/2.2/jobs/runs/list')).body['runs'] as { job_id: number }[];
    expect(new Set(runs.map((one) => String(one.job_id)))).toEqual(new Set([job]));
    expect(await practice.rest(`/api/2.2/jobs/get?job_id=${otherJob}`)).toMatchObject({
      status: 403,
      body: { error_code: 'PERMISSION_DENIED' },
    });
    expect(await practice.rest(`/api/2.2/jobs/get?job_id=${job}`)).toMatchObject({ status: 200 });
    expect((await practice.rest('/api/2.1/unity-catalog/models')).body['registered_models']).toEqual([]);
  });

  it('a system schema that is switched off is not there; administrators see which', async () => {
    const path = `/api/2.1/unity-catalog/metastores/${practice.server.world.metastoreId}/systemschemas`;
    await limit({ systemTables: true, schemasOff: ['query'] });
    expect((await select('system.lakeflow.jobs')).ok).toBe(true);
    expect(await select('system.query.history')).toMatchObject({ error: { errorClass: 'TABLE_OR_VIEW_NOT_FOUND' } });
    expect((await practice.rest(path)).body['schemas']).toEqual(
      expect.arrayContaining([
        { schema: 'query', state: 'AVAILABLE' },
        { schema: 'lakeflow', state: 'ENABLE_COMPLETED' },
      ]),
    );
    await limit();
    expect(await practice.rest(path)).toMatchObject({ status: 403 });
  });

  it('no system tables: all else is seen and written as before, and privileges on other catalogs are listed', async () => {
    const before = { tables: await rowsOf('tables'), privileges: await rowsOf('table_privileges') };
    expect(before.privileges.length).toBeGreaterThan(0);
    await practice.control({ rights: 'no-system-tables' });
    expect(await select('system.lakeflow.jobs')).toMatchObject({ ok: false, error: { tag: 'Forbidden' } });
    expect(await rowsOf('schemata', 'schema_name')).toEqual(expect.not.arrayContaining(['lakeflow']));
    expect(before.tables).toEqual(expect.arrayContaining([...(await rowsOf('tables'))]));
    expect(await rowsOf('tables')).toContain(named(tables[0] ?? '').table);
    expect(new Set(await rowsOf('table_privileges'))).toEqual(new Set(before.privileges));
    const mine = { ...named(tables[0] ?? ''), table: 'mine' };
    expect((await workspace.warehouse.query(write(dbx`CREATE TABLE ${mine} (a STRING)`))).ok).toBe(true);
    expect((await workspace.warehouse.query(write(dbx`DROP TABLE ${mine}`))).ok).toBe(true);
  });

  it('everything but a system schema: the others stay, and its privileges are gone with it', async () => {
    await practice.server.lake.write(({ run }) =>
      run(
        `INSERT INTO bw.grants VALUES ('users', 'SELECT', 'SCHEMA', 'system.query'), ('users', 'SELECT', 'SCHEMA', 'system.access')`,
      ),
    );
    await practice.control({ rights: { preset: 'everything', schemasOff: ['query', 'billing'] } });
    expect(await select('system.query.history')).toMatchObject({ error: { errorClass: 'TABLE_OR_VIEW_NOT_FOUND' } });
    expect((await select('system.lakeflow.jobs')).ok).toBe(true);
    expect((await select(tables[0] ?? '')).ok).toBe(true);
    const schemas = await rowsOf('schemata', 'schema_name');
    expect([schemas.includes('query'), schemas.includes('billing'), schemas.includes('lakeflow')]).toEqual([
      false,
      false,
      true,
    ]);
    expect(await rowsOf('schema_privileges', 'schema_name')).toEqual(['access']);
  });

  it('little: the world chooses three tables with a history and the job that failed, the changed table first', async () => {
    const { rights } = (await practice.control({ rights: 'little' })) as {
      rights: { preset: string; everything: boolean; tables: string[]; jobs: string[]; systemTables: boolean };
    };
    expect(rights).toMatchObject({ preset: 'little', everything: false, systemTables: false, jobs: [job] });
    expect(rights.tables).toHaveLength(3);
    expect(new Set(rights.tables).size).toBe(3);
    expect(rights.tables[0]).toBe(practice.truth.incidents[0]?.changedTable);
    for (const table of rights.tables) expect((await select(table)).ok, table).toBe(true);
    const runs = (await practice.rest('/api/2.2/jobs/runs/list')).body['runs'] as { state: { result_state: string } }[];
    expect(runs.some((run) => run.state.result_state === 'FAILED')).toBe(true);
    const again = (await practice.control({ rights: { preset: 'little', schemasOff: ['query'] } }))['rights'];
    expect(again).toMatchObject({ tables: rights.tables, jobs: [job], schemasOff: ['query'] });
  });

  it('all rights again are no rights at all to tell; what is misspelt is refused and changes nothing', async () => {
    expect((await practice.control({ rights: 'everything' }))['rights']).toBeNull();
    expect((await practice.control({ rights: { preset: 'everything', schemasOff: [] } }))['rights']).toBeNull();
    await practice.control({ rights: 'no-system-tables' });
    for (const rights of ['nothing', 7, { preset: 'some' }, { table: [] }])
      expect(await practice.control({ rights })).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    const state = await practice.control({});
    expect(state['rights']).toMatchObject({ preset: 'no-system-tables' });
    expect(state['systemSchemas']).toEqual(expect.arrayContaining(['access', 'lakeflow', 'query']));
  });

  it('everything is there again when the button is released', async () => {
    await limit();
    await practice.control({ release: true });
    expect((await select('system.lakeflow.jobs')).ok).toBe(true);
    expect(((await practice.rest('/api/2.2/jobs/list')).body['jobs'] as unknown[]).length).toBeGreaterThan(1);
  });

  it('the warehouse says what state it is in without being started', async () => {
    const path = `/api/2.0/sql/warehouses/${practice.httpPath.split('/').at(-1) ?? ''}`;
    expect((await practice.rest(path)).body['state']).toBe('RUNNING');
    await practice.control({ coldStartMs: 60_000 });
    expect((await practice.rest(path)).body['state']).toBe('STOPPED');
    expect((await practice.rest(path)).body['state']).toBe('STOPPED');
    expect((await practice.rest('/api/2.0/sql/warehouses/other')).status).toBe(404);
  });
});
