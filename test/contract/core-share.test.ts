import { describe, expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { openCore, scratch, value } from '../support/core.ts';

const opening = { from: 'hand', title: 'Revenue looks wrong', class: 'data-quality', severity: 'SEV3' } as const;

/** Ada sets a folder up, Bob joins, Ada admits him as responder and commander. */
const team = async (): Promise<{ ada: Core; bob: Core; homes: { bob: string } }> => {
  const place = scratch();
  const bobHome = scratch();
  const ada = await openCore(scratch(), { userName: 'Ada' });
  const bob = await openCore(bobHome, { userName: 'Bob' });
  value(await ada.call('share.setup', { kind: 'folder', place }));
  value(await bob.call('share.join', { kind: 'folder', place }));
  value(await ada.call('share.sync', {}));
  return { ada, bob, homes: { bob: bobHome } };
};
const admitBob = async (ada: Core, bob: Core): Promise<void> => {
  const { people } = value(await ada.call('people.list', {}));
  const asking = people.flatMap(({ person, devices }) =>
    devices.filter(({ state }) => state === 'asking').map(({ id }) => ({ id, person })),
  );
  expect(asking).toHaveLength(1);
  for (const { id, person } of asking) {
    value(await ada.call('device.admit', { device: id, person: person.id, roles: ['responder', 'commander'] }));
  }
  value(await ada.call('share.sync', {}));
  value(await bob.call('share.sync', {}));
};
const meet = async (...cores: readonly Core[]): Promise<void> => {
  for (let round = 0; round < 2; round += 1) for (const core of cores) value(await core.call('share.sync', {}));
};

describe('two devices and a folder', () => {
  it('a device that joined reads, is told why it may not write, and writes once it is admitted', async () => {
    const { ada, bob } = await team();
    const waiting = value(await bob.call('app.status', {}));
    expect(waiting.you).toMatchObject({ name: 'Bob', roles: ['viewer'], admitted: false });
    expect(waiting.notices.map(({ tag }) => tag)).toContain('NotAdmitted');
    expect(await bob.call('room.open', opening)).toMatchObject({ error: { tag: 'NotAllowed' } });
    const asked = value(await ada.call('app.status', {}));
    expect(asked.joinRequests).toBe(1);

    await admitBob(ada, bob);
    const admitted = value(await bob.call('app.status', {}));
    expect(admitted.you).toMatchObject({ admitted: true, roles: ['responder', 'commander'] });
    expect(admitted.notices).toEqual([]);
    expect(value(await ada.call('app.status', {})).joinRequests).toBe(0);
  });

  it('converge after both wrote while apart; two severities stand side by side until one key settles them', async () => {
    const { ada, bob } = await team();
    await admitBob(ada, bob);
    const { log } = value(await ada.call('room.open', opening));
    value(await ada.call('note.add', { log, text: 'from Ada' }));
    await meet(ada, bob);
    expect(value(await bob.call('rooms.list', {})).rows.map((row) => row.log)).toEqual([log]);

    value(await ada.call('severity.set', { log, severity: 'SEV1' }));
    value(await bob.call('severity.set', { log, severity: 'SEV2' }));
    value(await bob.call('note.add', { log, text: 'from Bob' }));
    expect(value(await bob.call('room.get', { log })).onlyHere).toBeGreaterThan(0);
    await meet(ada, bob);

    const [atAda, atBob] = [value(await ada.call('room.get', { log })), value(await bob.call('room.get', { log }))];
    expect(atAda.severity.conflict.map((head) => head.value).sort()).toEqual(['SEV1', 'SEV2']);
    expect(atBob.severity.value).toBe(atAda.severity.value);
    expect(value(await ada.call('rooms.list', {})).rows[0]?.conflicts).toBe(1);
    const digests = [value(await ada.call('room.digest', { log })), value(await bob.call('room.digest', { log }))];
    expect(digests[0]?.digest).toBe(digests[1]?.digest);

    value(await bob.call('severity.set', { log, severity: 'SEV2', over: atBob.severity.heads }));
    await meet(ada, bob);
    const settled = value(await ada.call('room.get', { log }));
    expect(settled.severity).toMatchObject({ value: 'SEV2', conflict: [], by: { name: 'Bob', attested: true } });
    expect(settled.onlyHere).toBe(0);
    // Also at Bob, who left an organisation of his own behind when he joined.
    for (const core of [ada, bob]) expect(value(await core.call('app.status', {})).onlyHere).toBe(0);
    expect(value(await bob.call('ledger.list', {}))).toMatchObject({ rows: [], total: 0 });
    const { rows } = value(await ada.call('room.timeline', { log }));
    expect(rows.map(({ title }) => title)).toEqual(expect.arrayContaining(['from Ada', 'from Bob']));
    expect(new Set(rows.map(({ ledger }) => ledger))).toEqual(new Set(['shared']));
    expect(rows.filter(({ withoutEffect }) => withoutEffect !== null)).toEqual([]);
  });

  it('lists what is only here until it was read back', async () => {
    const { ada } = await team();
    expect(value(await ada.call('ledger.list', {})).total).toBe(0);
    const { log } = value(await ada.call('room.open', opening));
    value(await ada.call('note.add', { log, text: 'x' }));
    const listed = value(await ada.call('ledger.list', { limit: 2 }));
    expect(listed.rows).toHaveLength(2);
    expect(listed.rows.every(({ state }) => state === 'only-here')).toBe(true);
    const rest = value(await ada.call('ledger.list', { limit: 500, before: listed.next }));
    expect(listed.rows.length + rest.rows.length).toBe(listed.total);
    expect(rest.rows.at(-1)?.what).toBe('x');
    await meet(ada);
    expect(value(await ada.call('ledger.list', {})).total).toBe(0);
  });

  it('a revoked device is told so by its roles', async () => {
    const { ada, bob } = await team();
    await admitBob(ada, bob);
    const device = value(await bob.call('app.status', {})).you.device;
    value(await ada.call('device.revoke', { device, reason: 'lost' }));
    await meet(ada, bob);
    expect(value(await bob.call('app.status', {})).you).toMatchObject({ admitted: false, roles: ['viewer'] });
    expect(await bob.call('room.open', opening)).toMatchObject({ error: { tag: 'NotAllowed' } });
  });

  it('says that a place which nobody set up is not set up', async () => {
    const core = await openCore(scratch());
    const answer = await core.call('share.join', { kind: 'folder', place: scratch() });
    expect(answer).toMatchObject({ ok: false, error: { tag: 'ShareNotSetUp' } });
    expect(value(await core.call('app.status', {})).you.admitted).toBe(true);
  });
});
