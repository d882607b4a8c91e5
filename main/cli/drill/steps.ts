import { fromInstant } from '../../../shared/base/time.ts';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { check, must, type Waiter } from './context.ts';
import type { CoreProcess } from './core-process.ts';

type Proposal = CallOutput<'inbox.list'>['proposals'][number];
type Room = CallOutput<'room.get'>;

/** Wait until detection has run once on fresh facts; then what it proposes. */
export const detected = async (core: CoreProcess, wait: Waiter, expected: number): Promise<readonly Proposal[]> => {
  const inbox = await wait(`${core.name} detects`, async () => {
    const answer = must('inbox', await core.call('inbox.list', {}));
    const fresh = answer.detectedAt !== null && answer.freshness.some((one) => one.observedAt !== null);
    return fresh && answer.proposals.length >= expected ? answer : null;
  });
  check(
    inbox.proposals.length === expected,
    `${inbox.proposals.length} incidents were proposed where ${expected} were caused`,
  );
  return inbox.proposals;
};

/** The second device asks to join, the first one admits it as commander; both know it afterwards. */
export const admit = async (
  admin: CoreProcess,
  joiner: CoreProcess,
  share: { readonly kind: 'delta' | 'folder'; readonly place: string },
  wait: Waiter,
): Promise<void> => {
  must('join the share', await joiner.call('share.join', share));
  await sync(joiner);
  const device = must('who am I', await joiner.call('app.status', {})).you.device;
  const asking = await wait('the request arrives', async () => {
    await sync(admin);
    const { people } = must('people', await admin.call('people.list', {}));
    return (
      people.find((one) => one.devices.some((other) => other.id === device && other.state === 'asking'))?.person ?? null
    );
  });
  must(
    'admit',
    await admin.call('device.admit', { device, person: asking.id, roles: ['responder', 'commander', 'dpo'] }),
  );
  await sync(admin);
  await wait('the admission arrives', async () => {
    await sync(joiner);
    return must('who am I', await joiner.call('app.status', {})).you.admitted ? true : null;
  });
};

export const sync = async (core: CoreProcess): Promise<CallOutput<'share.sync'>> =>
  must(`${core.name} syncs`, await core.call('share.sync', {}));

/** What a responder does without a network; returns what must be found again later. */
export const writeOffline = async (
  core: CoreProcess,
  log: string,
  now: number,
): Promise<{ readonly texts: string[] }> => {
  const say = (what: string, text: string): string => `${what} by ${core.name}: ${text}`;
  const texts = [
    say('note', 'nulls begin with the first run after the schema change'),
    say('decision', 'keep the champion until the feature is fixed'),
    say('question', 'were orders placed on these forecasts'),
    say('task', 'confirm the rename with the owner of the source'),
  ] as const;
  must('note', await core.call('note.add', { log, text: texts[0] }));
  must(
    'decision',
    await core.call('decision.record', {
      log,
      title: texts[1],
      options: ['roll back', 'pause the endpoint', 'wait'],
      choice: 'wait',
      reason: 'the old version shows the same error in shadow',
      expiresAt: new Date(now + 4 * 3_600_000).toISOString(),
    }),
  );
  must(
    'question',
    await core.call('handoff.offer', {
      log,
      subject: 'question',
      text: texts[2],
      to: 'Trading',
      reason: 'they see orders first',
    }),
  );
  const task = must('task', await core.call('task.add', { log, text: texts[3] }));
  must('task done', await core.call('task.done', { log, task: task.hashes[0] ?? '', outcome: 'confirmed by phone' }));
  return { texts: [...texts] };
};

/** Attach a file in chunks, as the window does. */
export const attach = async (core: CoreProcess, log: string, name: string, bytes: Buffer): Promise<void> => {
  const begun = must(
    'attach',
    await core.call('attachment.begin', { log, name, size: bytes.length, media: 'text/csv' }),
  );
  const step = 256 * 1024;
  for (let offset = 0; offset < bytes.length; offset += step) {
    const base64 = bytes.subarray(offset, offset + step).toString('base64');
    must('attach', await core.call('attachment.chunk', { upload: begun.upload, offset, base64 }));
  }
  must('attach', await core.call('attachment.commit', { upload: begun.upload }));
};

export const roomOf = async (core: CoreProcess, log: string): Promise<Room> =>
  must(`${core.name} opens the room`, await core.call('room.get', { log }));

/** All entries of a room, page by page; machine facts of the cache left out when asked. */
export const entriesOf = async (
  core: CoreProcess,
  log: string,
  machine: boolean,
): Promise<readonly CallOutput<'room.timeline'>['rows'][number][]> => {
  const rows = [];
  let before: string | null = null;
  do {
    const page: CallOutput<'room.timeline'> = must(
      'timeline',
      await core.call('room.timeline', { log, machine, limit: 200, before }),
    );
    rows.push(...page.rows);
    before = page.next;
  } while (before !== null);
  return rows;
};

/** The texts are all there, in title or body of some entry. */
export const checkTexts = async (core: CoreProcess, log: string, texts: readonly string[]): Promise<void> => {
  const all = (await entriesOf(core, log, false)).map((entry) => `${entry.title}\n${entry.body ?? ''}`).join('\n');
  for (const text of texts) check(all.includes(text), `${core.name} has lost "${text}"`);
};

/** Both devices stand on the same events and show the same. */
export const converge = async (cores: readonly CoreProcess[], log: string, wait: Waiter): Promise<string> =>
  wait(
    'devices converge',
    async () => {
      for (const core of cores) await sync(core);
      const digests = [];
      for (const core of cores) digests.push(must('digest', await core.call('room.digest', { log })).digest);
      return new Set(digests).size === 1 ? (digests[0] ?? null) : null;
    },
    90_000,
  );

/** Ages must be true after a restart with another clock: no kind of fact claims to be fresher than it is. */
export const checkAges = async (core: CoreProcess, daysLater: number): Promise<string> => {
  const status = must('status', await core.call('app.status', {}));
  const known = status.freshness.filter((one) => one.completeTo !== null);
  check(known.length > 0, 'no kind of fact says how old it is');
  const ages = known.map((one) => fromInstant(status.now) - fromInstant(one.completeTo ?? status.now));
  const youngest = Math.min(...ages) / 86_400_000;
  check(youngest >= daysLater - 0.1, `facts claim to be ${youngest.toFixed(2)} days old after ${daysLater} days`);
  check(status.workspace.state !== 'online', 'a workspace is called online without a network');
  return `${known.length} kinds of facts, the freshest ${youngest.toFixed(1)} days old; ${status.onlyHere} entries only here`;
};

export const settleSeverity = async (core: CoreProcess, log: string): Promise<string> => {
  const room = await roomOf(core, log);
  const values = room.severity.conflict.map((head) => head.value);
  check(new Set(values).size === 2, `a severity set on both sides shows ${values.length} values`);
  const [first] = values;
  check(first !== undefined, 'a conflict without a value');
  must('settle', await core.call('severity.set', { log, severity: first, over: room.severity.heads }));
  const after = await roomOf(core, log);
  check(
    after.severity.conflict.length === 0 && after.severity.value === first,
    'one click did not settle the severity',
  );
  return `${values.join(' against ')}, settled on ${first}`;
};
