import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listScenarios, readScenario } from '../../main/practice/scenarios.ts';
import { kinds } from '../../main/practice/scenario-shape.ts';
import { root } from '../support/places.ts';
import { connectDriver } from '../support/practice-driver.ts';
import { startPractice } from '../support/practice.ts';

const shipped = listScenarios(join(root, 'resources/scenarios'));
const scenario = (name: string) => {
  const found = shipped.find((s) => s.name === name)?.read;
  if (found?.ok !== true) throw new Error(`no scenario ${name}`);
  return found.value;
};

describe('scenario files', () => {
  it('ship one for each of nine causes, and say their own name', () => {
    expect(shipped.map(({ read }) => (read.ok ? read.value.kind : read.error.what)).sort()).toEqual([...kinds].sort());
    for (const { name, read } of shipped) expect(read.ok ? read.value.name : null).toBe(name);
    for (const { read } of shipped) expect(read.ok && read.value.redHerrings.length).toBeGreaterThan(0);
  });

  it.each([
    ['name: x\ntitle: y\nkind: fire\n', /x\.yaml.*line 3.*'kind'.*must be one of/],
    ['name: x\ntitle: y\nkind: drift\nonset: { hours-ago: soon }\n', /line 4.*'onset\.hours-ago'.*must be a number/],
    ['name: x\nwhy: y\n', /line 2.*'why'.*not known/],
    ['name: x\ntitle: y\nkind: drift\nonset: { hours-ago: 9 }\nplace: { area: any }\ncause:\n  - explodes: { job: a }\n', /line 7.*'explodes'.*not known/],
    ['name: x\ntitle: y\nkind: drift\nonset: { hours-ago: 9 }\nplace: { area: any }\ncause:\n  - late: { job: a }\n', /line 7.*'late\.minutes'.*missing/],
    ['name: x\n  title: [', /line/],
    ['- 1\n', /must be a group/],
    ['', /group of fields/],
  ])('says file, line and field of what is wrong: %#', (text, said) => {
    const read = readScenario('x.yaml', text);
    expect(read.ok ? '' : read.error.what).toMatch(said);
  }); // prettier-ignore
});

describe.each(shipped.map(({ name }) => name))('the world of %s', (name) => {
  it('holds the cause, what follows from it, and keeps the truth apart', async () => {
    const practice = await startPractice({ seed: 4, fault: 'none', scenario: scenario(name) });
    try {
      const { scenario: truth } = practice.truth;
      if (truth === null) throw new Error('the truth of a scenario is kept');
      expect(truth.told.filter((t) => t.startsWith('happened')).length).toBeGreaterThan(0);
      expect(truth.told.filter((t) => t.startsWith('red herring')).length).toBeGreaterThan(0);
      const driver = await connectDriver(practice);
      const failed = await driver.query(
        "SELECT DISTINCT run_id AS r FROM system.lakeflow.job_run_timeline WHERE result_state = 'FAILED' AND termination_code = 'RUN_EXECUTION_ERROR'",
      );
      // Rows come an hour late: the newest failure may not have its row yet.
      for (const { r } of failed) expect(truth.failedRuns).toContain(String(r));
      expect(truth.failedRuns.length - failed.length).toBeLessThanOrEqual(1);
      const fails = [...scenario(name).cause, ...scenario(name).follows].some((e) => 'fails' in e);
      expect(truth.failedRuns.length > 0).toBe(fails);
      for (const line of truth.told.filter((t) => / on [a-z_]+\.[a-z_]+\.[a-z_]+$/.test(t) && /COLUMNS/.test(t))) {
        const [operation, table] = [/(ADD|DROP) COLUMNS/.exec(line)?.[0], line.split(' ').at(-1) ?? ''];
        const history = await driver.query(`DESCRIBE HISTORY ${table}`);
        const at = history.findIndex((h) => h['operation'] === operation);
        expect(at, line).toBeGreaterThan(0);
        expect(new Set(history.map((h) => h['version'])).size).toBe(history.length);
        expect((await driver.query(`SELECT * FROM ${table}`)).length).toBeGreaterThan(0);
      }
      const drifting = await driver.query(
        "SELECT table_schema || '.' || table_name AS t FROM system.information_schema.tables WHERE table_name LIKE '%\\_drift\\_metrics'",
      );
      let drifted = 0;
      for (const { t } of drifting)
        drifted += Number((await driver.query(`SELECT count(*) AS n FROM ${practice.catalog}.${String(t)} WHERE population_stability_index >= 0.2`))[0]?.['n']); // prettier-ignore
      expect(drifted > 0).toBe([...scenario(name).cause, ...scenario(name).follows].some((e) => 'drifts' in e));
      expect((await practice.rest('/ground-truth.json')).status).toBe(404);
      await driver.close();
    } finally {
      await practice.close();
    }
  }, 180_000);
});
