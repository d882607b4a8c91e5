// Every statement counts for the limit of the day: of a check, of who asks who it is, and of a device that only syncs.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stepFindings } from '../../main/cli/doctor-steps.ts';
import type { Core } from '../../main/core/create-core.ts';
import { tellBeside, type UsedBeside } from '../../main/core/usage-beside.ts';
import { checkConnection } from '../../main/databricks/connection-check.ts';
import { checkedSources } from '../../main/lake/sources.ts';
import { ok } from '../../shared/base/result.ts';
import { asReal, noted, savedReal } from '../support/as-real.ts';
import { openCore, scratch, value } from '../support/core.ts';
import { databricksDeps, practiceConnection } from '../support/lakehouse.ts';
import { type Practice, startPractice } from '../support/practice.ts';

let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 1 });
});
afterAll(() => practice.close());

const slow = { timeout: 40_000, interval: 150 };
const budget = async (core: Core) => value(await core.call('budget.get', {}));

it('a check of a connection, saved or not yet', async () => {
  const sent: string[] = [];
  const core = await openCore(scratch(), {
    openWorkspace: asReal(practice, []),
    checkConnection: (_, { counted = (one) => one, ...options }) =>
      checkConnection(practiceConnection(practice), checkedSources, databricksDeps(), {
        ...options,
        counted: (one) => counted(noted(one, sent)),
      }),
  });
  value(await core.call('connection.save', savedReal));
  expect((await budget(core)).mine.statements).toBe(0);
  const { id } = value(await core.call('connection.list', {})).rows[0] ?? { id: '' };
  const { steps } = value(await core.call('connection.check', { id }));
  const works = steps.filter(({ group, state }) => group === 'source' && state === 'works').length;
  expect(works).toBeGreaterThan(10);
  expect(sent.length).toBeGreaterThan(works / 2);
  expect((await budget(core)).mine.statements).toBe(sent.length);
  const before = sent.length;
  value(await core.call('connection.test', savedReal));
  expect(sent.length).toBeGreaterThan(before);
  expect((await budget(core)).mine.statements).toBe(sent.length);
}, 180_000);

it('what doctor asks beside the app', async () => {
  const home = scratch();
  const core = await openCore(home, { openWorkspace: asReal(practice, []) });
  const folder = join(home, 'profiles', 'default');
  const look = (counted: string | null) => stepFindings(ok(practiceConnection(practice)), counted, true);
  const works = (await look(folder)).filter(({ check }) => check?.group === 'source' && check.state === 'works');
  const told = readFileSync(join(folder, 'usage-beside'), 'utf8').trim().split('\n');
  const sent = told.reduce((sum, line) => sum + Number((JSON.parse(line) as UsedBeside).statements), 0);
  expect(sent).toBeGreaterThan(works.length / 2);
  expect((await budget(core)).mine.statements).toBe(sent);
  // Once, and a start later still.
  expect((await budget(core)).mine.statements).toBe(sent);
  await look(null);
  expect(existsSync(join(folder, 'usage-beside'))).toBe(false);
  tellBeside(folder, { day: new Date().toISOString().slice(0, 10), statements: 3, ms: 1_000 });
  appendFileSync(join(folder, 'usage-beside'), 'torn {"day"\n{"day":"2026-01-01","statements":-4,"ms":0}\n');
  await core.close();
  const again = await openCore(home, { openWorkspace: asReal(practice, []) });
  expect((await budget(again)).mine.statements).toBe(sent + 3);
  expect(tellBeside(join(home, 'no-such-profile'), { day: '2026-11-24', statements: 1, ms: 1 })).toBe(false);
  expect(existsSync(join(home, 'no-such-profile'))).toBe(false);
}, 180_000);

it('who this is, where REST does not tell and SQL has to', async () => {
  const sent: string[] = [];
  await practice.control({ deny: { pattern: 'metastore[-_]|scim', count: null } });
  const core = await openCore(scratch(), { openWorkspace: asReal(practice, sent), background: true });
  value(await core.call('connection.save', savedReal));
  await expect.poll(() => sent, slow).toContain('workspace.metastore');
  await expect.poll(() => sent, slow).toContain('workspace.identity');
  const [{ mine }, now] = [await budget(core), sent.length];
  expect(mine.statements).toBe(now);
  await practice.control({ release: true });
  await core.close();
}, 180_000);

it('a device that only syncs: the others hear of it', async () => {
  const place = `${practice.catalog}.counted_share`;
  const sent: string[] = [];
  const [ada, bob] = [
    await openCore(scratch(), { openWorkspace: asReal(practice, []) }),
    await openCore(scratch(), { openWorkspace: asReal(practice, sent), userName: 'Bob' }),
  ];
  for (const core of [ada, bob]) value(await core.call('connection.save', savedReal));
  value(await ada.call('share.setup', { kind: 'delta', place }));
  value(await ada.call('budget.set', { statements: 500, minutes: 600 }));
  value(await ada.call('share.sync', {}));
  value(await bob.call('share.join', { kind: 'delta', place }));
  value(await ada.call('share.sync', {}));
  for (const { person, devices } of value(await ada.call('people.list', {})).people)
    for (const { id, state } of devices)
      if (state === 'asking')
        value(await ada.call('device.admit', { device: id, person: person.id, roles: ['responder'] }));
  value(await ada.call('share.sync', {}));
  const others = async (): Promise<number> => {
    value(await ada.call('share.sync', {}));
    const { sum, mine } = await budget(ada);
    return sum.statements - mine.statements;
  };
  // As from cron: one round each time, and no loop that would tell later.
  for (let round = 0; round < 40 && sent.length < 60; round += 1) value(await bob.call('share.sync', {}));
  expect((await budget(bob)).mine.statements).toBe(sent.length);
  expect(await others()).toBeGreaterThanOrEqual(25);
  expect(sent.length - (await others())).toBeLessThan(40);
}, 300_000);
