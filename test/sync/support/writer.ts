/**
 * A separate process with a real profile, log and sync: writes notes while it syncs, until a line on standard input says
 * what to do. Lines in: `write N`, `sync`, `state`, `end`. Lines out: one JSON object for each.
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { createDeltaTransport } from '../../../main/sync/delta.ts';
import { createFolderTransport } from '../../../main/sync/folder.ts';
import { notShared } from '../../../main/sync/ledger.ts';
import type { ShareKind } from '../../../main/sync/port.ts';
import type { DeviceId, LogId } from '../../../shared/domain/ids.ts';
import { openDevice } from './device.ts';
import { connect, timers, wallClock, type Address } from './workspace.ts';

type Job = {
  readonly name: string;
  readonly dir: string;
  readonly address: Address | null;
  readonly shares: readonly { readonly kind: ShareKind; readonly place: string }[];
  readonly org: LogId;
  readonly room: LogId;
  /** How often it looks; default: as often as a test of the practice lakehouse can bear. */
  readonly times?: { readonly activeMs: number; readonly idleMs: number; readonly writeMs: number };
};
const job = JSON.parse(process.argv[2] ?? '{}') as Job;
const workspace = job.address === null ? null : connect(job.address);
const device = openDevice(
  job.name,
  (kind, place, dev) => {
    if (kind === 'folder') return createFolderTransport(place, dev as DeviceId, randomBytes);
    return workspace ? createDeltaTransport(place, workspace.warehouse, randomBytes) : null;
  },
  {
    dir: job.dir,
    clock: wallClock,
    scheduler: timers,
    random: randomBytes,
    times: job.times ?? { activeMs: 50, idleMs: 200, writeMs: 20 },
  },
);
const answer = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

let written = 0;
const write = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n += 1) {
    written += 1;
    device.note(job.room, `${job.name} ${String(written)}`);
    // Give the rounds that run meanwhile their turn.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const state = (): unknown => {
  const { store } = device.profile;
  const room = device.opened.log
    .heads(store.read, job.room)
    .flatMap(({ dev, seq }) => device.opened.log.read(store.read, job.room, dev, 1, seq + 1_000));
  const digests = [job.org, job.room].map((log) => [device.heads(log), device.digest(log)]);
  return {
    written,
    waiting: notShared(store.read, null),
    /** Events of the room that are in this log, and how many different ones they are. */
    held: [room.length, new Set(room.map(({ line }) => line)).size],
    shares: device.sync.shares(),
    problems: device.sync.problems(),
    digests,
  };
};

const commands: Readonly<Record<string, (argument: string) => Promise<unknown>>> = {
  start: async () => {
    for (const { kind, place } of job.shares)
      for (
        let joined = await device.sync.joinShare(kind, place);
        !joined.ok;
        joined = await device.sync.joinShare(kind, place)
      )
        await new Promise((resolve) => setTimeout(resolve, 50));
    device.sync.start();
    return { started: true };
  },
  write: async (count) => {
    await write(Number(count));
    return { written };
  },
  nudge: () => {
    device.sync.nudge();
    return Promise.resolve({ nudged: true });
  },
  state: () => Promise.resolve(state()),
};

let queue = Promise.resolve();
createInterface({ input: process.stdin }).on('line', (line) => {
  const [name = '', argument = ''] = line.split(' ');
  const before = queue;
  queue = (async () => {
    await before;
    if (name === 'end') {
      await device.close();
      await workspace?.close();
      answer({ ended: true });
      process.exit(0);
    }
    answer((await commands[name]?.(argument)) ?? { unknown: name });
  })();
});
answer({ ready: true });
