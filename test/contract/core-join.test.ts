import { describe, expect, it } from 'vitest';
import type { Core } from '../../main/core/create-core.ts';
import { openCore, scratch, value } from '../support/core.ts';

const opening = { from: 'hand', title: 'Revenue looks wrong', class: 'data-quality', severity: 'SEV3' } as const;
const admitAll = async (core: Core): Promise<void> => {
  for (const { person, devices } of value(await core.call('people.list', {})).people)
    for (const { id, state } of devices)
      if (state === 'asking')
        value(await core.call('device.admit', { device: id, person: person.id, roles: ['responder'] }));
};

describe('a device that joins an organisation with rooms', () => {
  it('finds them governed by that organisation, not by the one it founded at its first start', async () => {
    const place = scratch();
    const ada = await openCore(scratch(), { userName: 'Ada' });
    const { log } = value(await ada.call('room.open', opening));
    value(await ada.call('share.setup', { kind: 'folder', place }));
    const bob = await openCore(scratch(), { userName: 'Bob' });
    value(await bob.call('share.join', { kind: 'folder', place }));
    const seen = value(await bob.call('room.get', { log }));
    expect(seen).toMatchObject({
      withoutEffect: 0,
      title: { value: opening.title, by: { name: 'Ada', attested: true } },
    });
    value(await ada.call('share.sync', {}));
    await admitAll(ada);
    for (const core of [ada, bob]) value(await core.call('share.sync', {}));
    value(await bob.call('note.add', { log, text: 'from Bob' }));
    for (const core of [bob, ada, bob]) value(await core.call('share.sync', {}));
    for (const core of [ada, bob]) expect(value(await core.call('room.get', { log })).withoutEffect).toBe(0);
    const digests = [value(await ada.call('room.digest', { log })), value(await bob.call('room.digest', { log }))];
    expect(digests[0]).toEqual(digests[1]);
  });
});
