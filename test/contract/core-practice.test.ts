// The practice lakehouse as the core sees it: who may start it, and when.
import { expect, it, onTestFinished } from 'vitest';
import { staticToken } from '../../main/databricks/token-source.ts';
import { failure } from '../../shared/base/failure.ts';
import { err, ok } from '../../shared/base/result.ts';
import { checkConnection } from '../../main/databricks/connection-check.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { checkedSources } from '../../main/lake/sources.ts';
import type { JsonObject } from '../../shared/base/json.ts';
import { until } from '../support/browser.ts';
import { databricksDeps, practiceConnection } from '../support/lakehouse.ts';
import { startPractice } from '../support/practice.ts';
import { openCore, scratch, value } from '../support/core.ts';

it('pressing a button of practice never starts a lakehouse that has ended; asking for fresh facts does', async () => {
  const asked: boolean[] = [];
  const link = {
    connection: {
      kind: 'practice' as const, name: 'practice', host: '127.0.0.1', port: 1, httpPath: '/sql/1.0/warehouses/x', auth: staticToken('x'),
    }, // prettier-ignore
    seed: 1,
    control: () => Promise.resolve(ok({ disconnected: true })),
  };
  const core = await openCore(scratch(), {
    background: true,
    practice: (mayStart) => {
      asked.push(mayStart);
      return Promise.resolve(ok(link));
    },
    openWorkspace: () => err(failure('Offline', 'nobody answers', 's', 't')),
  });
  const turns = (count: number): Promise<boolean> => until(`turn ${count}`, () => asked.length >= count || null);
  await turns(1);
  expect(asked[0]).toBe(true);

  const before = asked.length;
  value(await core.call('practice.set', { disconnected: true }));
  await turns(before + 1);
  expect(asked.slice(1)).not.toContain(true);

  await until('a refresh between two turns', async () => value(await core.call('lake.refresh', {})).started || null);
  await until('a turn that may start', () => asked.slice(1).includes(true) || null);
});

it('presses the button of rights, tells what is left by name, and checks the connection as that user', async () => {
  const practice = await startPractice({ seed: 5 });
  onTestFinished(() => practice.close());
  const link = {
    connection: practiceConnection(practice),
    seed: 5,
    control: async (request: JsonObject) => ok((await practice.control(request)) as JsonObject),
  };
  const core = await openCore(scratch(), {
    practice: () => Promise.resolve(ok(link)),
    openWorkspace: (connection) => openWorkspace(connection, databricksDeps()),
    checkConnection: (connection, options) => checkConnection(connection, checkedSources, databricksDeps(), options),
    background: true,
  });
  const state = async () => value(await core.call('practice.get', {}));
  const stepsOf = async () => value(await core.call('connection.check', { id: 'primary' })).steps;
  await until('practice is found', async () => (await state()).running || null);
  expect(await state()).toMatchObject({
    buttons: { rights: { preset: 'everything', schemasOff: [] } },
    granted: null,
    systemSchemas: expect.arrayContaining(['access', 'lakeflow']) as unknown,
  });

  const little = value(await core.call('practice.set', { rights: { preset: 'little', schemasOff: [] } }));
  expect(little.buttons.rights).toEqual({ preset: 'little', schemasOff: [] });
  expect(little.granted?.tables).toHaveLength(3);
  expect(little.granted?.jobs).toEqual([practice.truth.incidents[0]?.failedJob.id]);
  const few = await stepsOf();
  const runs = few.find((one) => one.step === 'Job runs');
  expect(runs).toMatchObject({ state: 'missing-grant' });
  expect(runs?.grants.at(-1)).toMatch(/^GRANT SELECT ON TABLE `system`\.`lakeflow`\.`job_run_timeline` TO /);
  expect(runs?.features).toContain('runs in the timeline');
  expect(few.filter((one) => one.state === 'failed')).toEqual([]);

  // Another button leaves it as it is; a schema that is switched off takes its place.
  expect(value(await core.call('practice.set', { slowRows: true })).buttons.rights.preset).toBe('little');
  value(await core.call('practice.set', { slowRows: false }));
  const off = value(await core.call('practice.set', { rights: { preset: 'everything', schemasOff: ['lakeflow'] } }));
  expect(off).toMatchObject({ buttons: { rights: { preset: 'everything', schemasOff: ['lakeflow'] } }, granted: null });
  const switchedOff = (await stepsOf()).find((one) => one.step === 'Job runs');
  expect(switchedOff).toMatchObject({ state: 'preview-off' });
  expect(switchedOff?.commands.join()).toContain('system-schemas enable');

  // What a test set thing by thing is shown as that.
  await practice.control({ rights: { tables: ['a.b.c'] } });
  expect(await state()).toMatchObject({
    buttons: { rights: { preset: 'own' } },
    granted: { tables: ['a.b.c'], jobs: [] },
  });
  const released = value(await core.call('practice.set', { happens: 'release' }));
  expect(released).toMatchObject({ buttons: { rights: { preset: 'everything', schemasOff: [] } }, granted: null });
  expect((await stepsOf()).filter((one) => one.state !== 'works' && one.state !== 'skipped')).toEqual([]);
  // A workspace that is not there is one step that says so.
  expect(value(await core.call('connection.check', { id: 'w1' })).steps).toMatchObject([
    { step: 'settings', state: 'failed' },
  ]);
}, 240_000);
