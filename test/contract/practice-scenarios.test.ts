import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readScenario } from '../../main/practice/scenarios.ts';
import { kinds } from '../../main/practice/scenario-shape.ts';
import { connectDriver, type DriverSession } from '../support/practice-driver.ts';
import { startPractice, type Practice } from '../support/practice.ts';
import { shippedScenario, shippedScenarios } from '../support/scenario-rooms.ts';

describe('scenario files', () => {
  it('ship one for each of nine causes, and say their own name', () => {
    expect(shippedScenarios.map(({ read }) => (read.ok ? read.value.kind : read.error.what)).sort()).toEqual(
      [...kinds].sort(),
    );
    for (const { name, read } of shippedScenarios) expect(read.ok ? read.value.name : null).toBe(name);
    for (const { read } of shippedScenarios) expect(read.ok && read.value.redHerrings.length).toBeGreaterThan(0);
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

/** All nine in one world, each in an area of its own. */
describe('a world with these scenarios', { timeout: 180_000 }, () => {
  let practice: Practice;
  let driver: DriverSession;
  beforeAll(async () => {
    practice = await startPractice({
      seed: 4,
      fault: 'none',
      scenarios: shippedScenarios.map(({ name }) => shippedScenario(name)),
    });
    driver = await connectDriver(practice);
  }, 180_000);
  afterAll(async () => {
    await driver.close();
    await practice.close();
  });
  const truthOf = (name: string) => {
    const found = practice.truth.scenarios.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the truth of ${name} is not kept`);
    return found;
  };
  const has = (name: string, effect: string): boolean => {
    const { cause, follows } = shippedScenario(name);
    return [...cause, ...follows].some((one) => effect in one);
  };

  it('keeps the truth apart; only jobs of scenarios fail, each area has its own', async () => {
    const { scenarios } = practice.truth;
    expect(new Set(scenarios.map(({ area }) => area)).size).toBe(shippedScenarios.length);
    expect((await practice.rest('/ground-truth.json')).status).toBe(404);
    const failed = await driver.query(
      "SELECT DISTINCT run_id AS r FROM system.lakeflow.job_run_timeline WHERE result_state = 'FAILED' AND termination_code = 'RUN_EXECUTION_ERROR'",
    );
    const known = scenarios.flatMap(({ failedRuns }) => failedRuns);
    // Rows come an hour late: the newest failures may not have their rows yet.
    for (const { r } of failed) expect(known).toContain(String(r));
    expect(known.length - failed.length).toBeLessThanOrEqual(scenarios.length);
  });

  it.each(shippedScenarios.map(({ name }) => name))('%s: holds the cause and what follows from it', async (name) => {
    const truth = truthOf(name);
    expect(truth.told.filter((t) => t.startsWith('happened')).length).toBeGreaterThan(0);
    expect(truth.told.filter((t) => t.startsWith('red herring')).length).toBeGreaterThan(0);
    expect(truth.failedRuns.length > 0).toBe(has(name, 'fails'));
    for (const line of truth.told.filter((t) => / on [a-z_]+\.[a-z_]+\.[a-z_]+$/.test(t) && /COLUMNS/.test(t))) {
      const [operation, table] = [/(ADD|DROP) COLUMNS/.exec(line)?.[0], line.split(' ').at(-1) ?? ''];
      const history = await driver.query(`DESCRIBE HISTORY ${table}`);
      const at = history.findIndex((h) => h['operation'] === operation);
      expect(at, line).toBeGreaterThan(0);
      expect(new Set(history.map((h) => h['version'])).size).toBe(history.length);
      expect((await driver.query(`SELECT * FROM ${table}`)).length).toBeGreaterThan(0);
    }
    const drifting = await driver.query(
      `SELECT table_schema || '.' || table_name AS t FROM system.information_schema.tables WHERE table_name LIKE '${truth.area}%\\_drift\\_metrics'`,
    );
    expect(drifting.length).toBeGreaterThan(0);
    let drifted = 0;
    for (const { t } of drifting)
      drifted += Number((await driver.query(`SELECT count(*) AS n FROM ${practice.catalog}.${String(t)} WHERE population_stability_index >= 0.2`))[0]?.['n']); // prettier-ignore
    expect(drifted > 0).toBe(has(name, 'drifts'));
  });
});
