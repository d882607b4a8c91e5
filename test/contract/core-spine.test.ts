import { describe, expect, it } from 'vitest';
import { openCore, scratch, value } from '../support/core.ts';

describe('the core in one process', () => {
  it('answers its status, opens a room by hand, takes a note and shows both', async () => {
    const core = await openCore(scratch());
    const status = value(await core.call('app.status', {}));
    expect(status.you).toMatchObject({ name: 'Ada', admitted: true });
    expect(status.you.roles).toHaveLength(6);
    expect(status.workspace.kind).toBe('none');

    const { log } = value(
      await core.call('room.open', {
        from: 'hand',
        title: 'Revenue looks wrong',
        class: 'data-quality',
        severity: 'SEV2',
      }),
    );
    const { hashes } = value(await core.call('note.add', { log, text: 'Numbers of Monday are half.' }));
    expect(hashes).toHaveLength(1);

    const room = value(await core.call('room.get', { log }));
    expect(room.title.value).toBe('Revenue looks wrong');
    expect(room.severity.value).toBe('SEV2');
    expect(room.commanderName).toBe('Ada');
    expect(room.onlyHere).toBeGreaterThan(0);
    expect(room.can).toEqual({ write: true, steer: true, decide: true, export: true });

    const timeline = value(await core.call('room.timeline', { log }));
    expect(timeline.rows.map(({ kind }) => kind)).toEqual(['note', 'commander', 'opened']);
    expect(timeline.rows[0]).toMatchObject({ id: hashes[0], ledger: 'only-here', withoutEffect: null });
  });

  it('keeps everything over a restart', async () => {
    const home = scratch();
    const first = await openCore(home);
    const { log } = value(await first.call('room.open', { from: 'hand', title: 'A', class: 'cost', severity: 'SEV4' }));
    const before = value(await first.call('room.digest', { log }));
    await first.close();
    const second = await openCore(home);
    expect(value(await second.call('room.digest', { log }))).toEqual(before);
    expect(value(await second.call('app.status', {})).you.name).toBe('Ada');
  });

  it('refuses a profile that another core holds', async () => {
    const home = scratch();
    await openCore(home);
    await expect(openCore(home)).rejects.toThrow('InUse');
  });
});
