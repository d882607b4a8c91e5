import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { createClient, singleChannel } from '../../renderer/bridge/client.ts';
import type { CallOutput } from '../../shared/contract/calls.ts';
import { corePorts, type FromCore, type ToCore } from '../../shared/contract/mux.ts';
import { openCore, scratch, value } from '../support/core.ts';

const kills = 22;

const life = (home: string) => {
  const child: ChildProcess = fork(new URL('../../main/core/entry-child.ts', import.meta.url), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { PATH: process.env['PATH'], BREAKWATER_HOME: home, BREAKWATER_PRACTICE: 'off' },
  });
  const ports = corePorts((message) => {
    if (child.connected) child.send(message);
  });
  child.on('message', (message: FromCore) => ports.receive(message));
  const died = once(child, 'exit').then(() => ports.died());
  child.send({ t: 'start', keyring: null } satisfies ToCore);
  return { client: createClient(singleChannel(ports.open())), kill: () => child.kill('SIGKILL'), died };
};

it(`loses no acknowledged write when the core is killed ${kills} times`, { timeout: 180_000 }, async () => {
  const home = scratch();
  const acknowledged: string[] = [];
  const first = life(home);
  const { log } = value(
    await first.client.call('room.open', { from: 'hand', title: 'K', class: 'cost', severity: 'SEV5' }),
  );
  first.kill();
  await first.died;

  let sent = 0;
  for (let round = 0; round < kills; round += 1) {
    const { client, kill, died } = life(home);
    // The kill falls somewhere inside a burst of writes: after a number of answers that differs from round to round.
    const after = (round * 7) % 23;
    let answered = 0;
    const burst = Array.from({ length: 40 }, async () => {
      const text = `note ${sent++}`;
      const answer = await client.call('note.add', { log, text });
      if (answer.ok) {
        acknowledged.push(text);
        answered += 1;
        if (answered === after + 1) kill();
      } else expect(answer.error.tag).toBe('CoreStopped');
    });
    await Promise.all([...burst, died]);
    expect(answered, 'a life answers before it is killed').toBeGreaterThan(0);
  }

  const core = await openCore(home);
  const found = new Set<string>();
  let before: string | null = null;
  do {
    const page: CallOutput<'room.timeline'> = value(
      await core.call('room.timeline', { log, order: 'recorded', limit: 500, before }),
    );
    for (const { title } of page.rows) found.add(title);
    before = page.next;
  } while (before !== null);
  expect(acknowledged.filter((text) => !found.has(text))).toEqual([]);
  expect(acknowledged.length).toBeGreaterThan(kills);
  const { heads } = value(await core.call('room.digest', { log }));
  expect(heads, 'one device, one unbroken stream').toHaveLength(1);
});
