// From a run that REST tells at once, over the row that says otherwise an hour later, to the mark on what was concluded.
import { expect, it } from 'vitest';
import { staticToken } from '../../main/databricks/token-source.ts';
import { ok } from '../../shared/base/result.ts';
import { until } from '../support/browser.ts';
import { fakeWorkspace, micros, rowPage } from '../support/collect.ts';
import { openCore, scratch, value } from '../support/core.ts';

const minute = 60_000;
const columns = ['workspace_id', 'job_id', 'run_id', 'period_start_time', 'period_end_time', 'result_state', 'termination_code', 'trigger_type', 'run_type', 'run_name']; // prettier-ignore
const wait = 60_000;

it('a decision on a run of which a later row says otherwise is marked, and a decision after it is not', async () => {
  const began = Math.floor(Date.now() / minute) * minute - 20 * minute;
  const ended = began + 5 * minute;
  let isLate = true;
  const document = {
    run_id: 501, job_id: 9, run_name: 'nightly', start_time: began, end_time: ended,
    state: { life_cycle_state: 'TERMINATED', result_state: 'FAILED', state_message: 'it broke' },
    tasks: [{ run_id: 5010, task_key: 'a', start_time: began, end_time: ended, state: { life_cycle_state: 'TERMINATED', result_state: 'FAILED' } }],
  }; // prettier-ignore
  const { workspace } = fakeWorkspace({
    columns,
    rest: ({ path }) => {
      if (path.endsWith('/runs/list')) return ok({ runs: [document], has_more: false });
      return ok(path.endsWith('/runs/get') ? document : {});
    },
    sql: ({ name }) =>
      name !== 'lake.job-runs' || isLate
        ? undefined
        : rowPage([{ ws: '7', job: '9', run: '501', slice_start: micros(began), slice_end: micros(ended), result: 'SUCCESS', termination: 'SUCCESS', trigger_kind: 'CRON', run_kind: 'JOB_RUN', run_label: 'nightly' }]),
  }); // prettier-ignore
  const core = await openCore(scratch(), {
    background: true,
    practice: () =>
      Promise.resolve(
        ok({
          connection: { kind: 'practice', name: 'practice', host: '127.0.0.1', port: 1, httpPath: '/', auth: staticToken('t') },
          seed: 1,
          control: () => Promise.resolve(ok({})),
        }),
      ),
    openWorkspace: () => ok(workspace),
  }); // prettier-ignore
  const { log } = await until(
    'a room, once the workspace was read',
    async () => {
      const opened = await core.call('room.open', { from: 'hand', title: 'Numbers look wrong', class: 'platform', severity: 'SEV3', affected: ['job 9'] }); // prettier-ignore
      return opened.ok ? opened.value : null;
    },
    wait,
  );
  const timeline = async () => value(await core.call('room.timeline', { log, limit: 200 })).rows;
  const refresh = () => core.call('lake.refresh', {});
  const runs = async () => (await timeline()).filter((one) => one.factKind === 'run' && !one.title.includes('Task'));
  const failed = await until(
    'the run as REST tells it',
    async () => (await runs()).find((one) => one.title.includes('failed')) ?? (await refresh(), null),
    wait,
  );
  const decide = (title: string) =>
    core.call('decision.record', { log, title, options: ['hold', 'go on'], choice: 'hold', reason: 'it failed', evidence: [failed.id] }); // prettier-ignore
  value(await decide('Hold the release'));
  const decisionOf = async (title: string) =>
    value(await core.call('room.get', { log })).decisions.find((one) => one.title === title);
  expect((await decisionOf('Hold the release'))?.olderFacts).toBeUndefined();

  isLate = false;
  const words = 'was failed, is succeeded by system.lakeflow.job_run_timeline';
  await until(
    'the mark on the decision',
    async () => ((await decisionOf('Hold the release'))?.olderFacts?.includes(words) ? true : (await refresh(), null)),
    wait,
  );
  const chipsOf = async (kind: string, title: string) =>
    (await timeline()).find((one) => one.kind === kind && one.title.includes(title))?.chips ?? [];
  expect(await chipsOf('decision', 'Hold the release')).toContain('was concluded on older facts');
  expect((await timeline()).find((one) => one.id === failed.id)?.chips).toContain(words);

  // Whoever decides now has seen what it says now: it is cited anew, and the first decision keeps its mark.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  value(await decide('Let it go'));
  expect((await decisionOf('Let it go'))?.olderFacts).toBeUndefined();
  expect((await decisionOf('Hold the release'))?.olderFacts).toEqual([words]);
  expect(await chipsOf('decision', 'Let it go')).not.toContain('was concluded on older facts');
}, 300_000);
