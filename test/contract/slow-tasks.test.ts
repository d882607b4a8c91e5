// Tasks that went well and took much longer than usual: real rows, cut into hours as Databricks cuts them, through the real driver.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { factTone } from '../../main/core/describe.ts';
import type { Statement, Workspace } from '../../main/databricks/port.ts';
import { failedRuns } from '../../main/detect/detectors.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { instantAt } from '../support/collect.ts';
import { openPracticeLake, type PracticeLake } from '../support/practice-lake.ts';
import { addRows, at as moment } from '../support/system-rows.ts';

const minute = 60_000;
const hour = 60 * minute;
const source = 'system.lakeflow.job_task_run_timeline/slow';
/** A full hour some days ago; every run begins on one. */
const start = Math.floor(Date.now() / hour) * hour - 240 * hour;

let lake: PracticeLake;
beforeAll(async () => {
  lake = await openPracticeLake({ seed: 8 });
});
afterAll(() => lake.close());

/** The slices of one attempt: cut at full hours, the result in the last one. */
const slices = (job: string, task: string, nth: number, minutes: number, result: string | null = 'SUCCEEDED') => {
  const [from, to] = [start + nth * 5 * hour, start + nth * 5 * hour + minutes * minute];
  const rows = [];
  for (let begin = from; begin < to; begin += hour) {
    const end = Math.min(to, begin + hour);
    rows.push({
      account_id: 'a', workspace_id: lake.ws, job_id: job, run_id: `${job}${task}${nth}`, job_run_id: `${job}0${nth}`, parent_run_id: `${job}0${nth}`, task_key: task,
      period_start_time: moment(begin), period_end_time: moment(end), result_state: end === to ? result : null,
    }); // prettier-ignore
  }
  return rows;
};
const usual = (job: string, task: string, minutes: number, count = 6) =>
  Array.from({ length: count }, (_, nth) => slices(job, task, nth, minutes + (nth % 2))).flat();
const heard = (asked: Statement[]): Workspace => ({
  ...lake.workspace,
  warehouse: {
    ...lake.workspace.warehouse,
    query: (statement, options) => {
      asked.push(statement);
      return lake.workspace.warehouse.query(statement, options);
    },
  },
});

describe('a task that took much longer than usual', () => {
  beforeAll(async () => {
    await addRows(lake.workspace, 'lakeflow.job_task_run_timeline', [
      ...usual('900', 'build', 10),
      // Over three hours of the clock: slow, and so is the next one, of which nobody says that it failed.
      ...slices('900', 'build', 7, 140),
      ...slices('900', 'build', 8, 200, 'FAILED'),
      // It has not ended: no last slice yet.
      ...slices('900', 'build', 9, 180, null),
      // Much longer by its own measure, and nobody would notice.
      ...usual('900', 'quick', 1),
      ...slices('900', 'quick', 7, 5),
      // Long, and always so.
      ...usual('900', 'long', 170, 4),
      ...slices('900', 'long', 7, 175),
      ...slices('900', 'long', 8, 250),
      // Nobody knows what is usual.
      ...usual('900', 'rare', 10, 3),
      ...slices('900', 'rare', 7, 300),
      // Of a job that is not in the room.
      ...usual('901', 'build', 10),
      ...slices('901', 'build', 7, 100),
      // A task that is slow every third time: of many the ten slowest.
      ...Array.from({ length: 36 }, (_, nth) => slices('902', 'often', nth, nth % 3 === 0 ? 60 + nth : 10)).flat(),
    ]);
  });

  it('is one fact, with how long it took and what is usual; nothing else that went well is', async () => {
    const { facts, estimate, completeTo } = await lake.packed(source, [`job|${lake.ws}|900`]);
    expect(facts).toMatchObject([
      {
        kind: 'run',
        title: 'Task build of job 900 took 2.3 h, usually 11 min (run 90007)',
        happenedAt: instantAt(start + 35 * hour + 140 * minute),
        assets: [`task|${lake.ws}|900/build`, `job|${lake.ws}|900`],
        data: {
          tookMs: 140 * minute, usualMs: 11 * minute, ofRuns: 7, result: 'succeeded', attempt: '900build7', startedAt: instantAt(start + 35 * hour),
        },
      },
    ]); // prettier-ignore
    // How far it is known is told by the newest row, slow or not.
    expect(completeTo).toBe(instantAt(start + 45 * hour + 180 * minute));
    expect(estimate).toMatchObject({ statements: 1, rows: 2 });
    const [fact] = facts;
    expect(fact === undefined ? null : factTone(fact.kind, fact.data)).toBe('warn');
    expect(failedRuns(facts, (text) => text)).toEqual([]);
  });

  it('is one of the ten slowest of its task', async () => {
    const { facts } = await lake.packed(source, [`job|${lake.ws}|902`]);
    const longest = Array.from({ length: 12 }, (_, nth) => (60 + nth * 3) * minute).slice(2);
    expect(facts.map(({ data }) => Number(data['tookMs'])).toSorted((a, b) => a - b)).toEqual(longest);
  });

  it('is read around an open room every half an hour, and at once where a job is new there', async () => {
    const asked: Statement[] = [];
    const time = { t: Date.now() };
    const device = lake.device([source], { through: heard(asked), clock: { now: () => time.t } });
    const refresh = async (...jobs: readonly string[]): Promise<number> => {
      asked.length = 0;
      const report = await device.lake.refresh({ assets: jobs.map((job) => `job|${lake.ws}|${job}` as AssetId) });
      if (!report.ok) throw new Error(report.error.what);
      return asked.filter(({ name }) => name === 'lake.slow-tasks').length;
    };
    const known = (): number => device.lake.facts(device.store.read, { kinds: ['run'], limit: 50 }).rows.length;
    expect([await refresh(), known()]).toEqual([0, 0]);
    expect([await refresh('900'), known()]).toEqual([1, 1]);
    expect(await refresh('900')).toBe(0);
    expect([await refresh('900', '901'), known()]).toEqual([1, 2]);
    time.t += 29 * minute;
    expect(await refresh('900')).toBe(0);
    time.t += 2 * minute;
    expect([await refresh('900', '901'), known()]).toEqual([1, 2]);
  });
});
