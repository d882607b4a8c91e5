// The practice lakehouse as the core sees it: who may start it, and when.
import { expect, it } from 'vitest';
import { staticToken } from '../../main/databricks/token-source.ts';
import { failure } from '../../shared/base/failure.ts';
import { err, ok } from '../../shared/base/result.ts';
import { until } from '../support/browser.ts';
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
