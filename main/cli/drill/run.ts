import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Scheduler } from '../../../shared/base/time.ts';
import { practiceFolder } from '../../../shared/domain/paths.ts';
import { controlPractice, findOrStartPractice, type PracticeAddress } from '../../practice/launch.ts';
import { check, createWaiter, must, type Step } from './context.ts';
import { type CoreProcess, startCoreProcess } from './core-process.ts';
import {
  admit, attach, checkAges, checkTexts, converge, detected, entriesOf, roomOf, settleSeverity, sync, writeOffline,
} from './steps.ts'; // prettier-ignore

export type DrillOptions = {
  readonly seed: number;
  readonly fault: 'line' | 'none' | 'two';
  /** An empty folder for both devices, the practice lakehouse and the shared folder. */
  readonly home: string;
  readonly coreEntry: string;
  readonly practiceEntry: string;
  readonly now: () => number;
  readonly scheduler: Scheduler;
  readonly report: (step: Step) => void;
};

export type DrillResult = {
  readonly detected: readonly { readonly title: string; readonly why: string; readonly signals: number }[];
  readonly packs: readonly string[];
  readonly signers: string | null;
};

const threeDays = 3 * 24 * 3_600_000;

/**
 * Points 2 to 6 of the line without a display: two devices with a core process each, the practice lakehouse in its own,
 * the unmodified driver between them. Throws DrillFailed at the first thing that is not as it must be.
 */
export const runDrill = async (options: DrillOptions): Promise<DrillResult> => {
  const { home, now, report, scheduler, fault } = options;
  const wait = createWaiter(scheduler, now);
  const practiceDir = practiceFolder({ platform: process.platform, home, env: { BREAKWATER_HOME: home } });
  mkdirSync(practiceDir, { recursive: true });
  const step = async <T>(name: string, work: () => Promise<T>, say: (value: T) => string): Promise<T> => {
    const started = now();
    const value = await work();
    report({ step: name, ms: now() - started, detail: say(value) });
    return value;
  };

  const startPractice = async (): Promise<PracticeAddress> =>
    must(
      'practice',
      await findOrStartPractice({
        dir: practiceDir, seed: options.seed, fault, nodePath: process.execPath, entry: options.practiceEntry, estate: 'none', clock: { now }, scheduler,
      }), // prettier-ignore
    );
  const startCore = async (name: string, env: Readonly<Record<string, string>> = {}): Promise<CoreProcess> =>
    must(
      `start ${name}`,
      await startCoreProcess({
        name,
        entry: options.coreEntry,
        practiceEntry: options.practiceEntry,
        profile: name,
        env: { BREAKWATER_HOME: home, ...env },
      }),
    );

  const cores: CoreProcess[] = [];
  let practice: PracticeAddress | null = null;
  const running = async (core: Promise<CoreProcess>): Promise<CoreProcess> => {
    const started = await core;
    cores.push(started);
    return started;
  };
  const end = async (core: CoreProcess): Promise<void> => {
    cores.splice(cores.indexOf(core), 1);
    await core.close();
  };

  try {
    practice = await step('practice lakehouse', startPractice, (at) => `port ${at.port}, process ${at.pid}`);
    let alice = await step(
      'first device',
      () => running(startCore('alice')),
      () => 'core running',
    );
    const expected = { none: 0, line: 1, two: 2 }[fault];
    const proposals = await step(
      'detect',
      () => detected(alice, wait, expected),
      (found) =>
        found.length === 0
          ? 'no signal, as it must be'
          : found.map((one) => `${one.title} (${one.signals.length} signals)`).join('; '),
    );
    const result = proposals.map(({ title, why, signals }) => ({ title, why, signals: signals.length }));
    const [proposal] = proposals;
    if (proposal === undefined) return { detected: result, packs: [], signers: null };

    const address = practice;
    const { catalog } = (await controlPractice(address, {})) ?? {};
    check(typeof catalog === 'string', 'the practice lakehouse does not name its catalog');
    const share = { kind: 'delta' as const, place: `${catalog}.breakwater` };
    const bob = await step(
      'second device',
      () => running(startCore('bob')),
      () => 'core running',
    );
    await step(
      'share and admission',
      async () => {
        must('set up', await alice.call('share.setup', share));
        await admit(alice, bob, share, wait);
      },
      () => `Delta tables in ${share.place}; bob admitted`,
    );

    // Apart: the platform is down for real, and both open a room from the same signal.
    await step(
      'second device detects too',
      () => detected(bob, wait, expected),
      (found) => `${found.length} proposed`,
    );
    await step(
      'go offline',
      async () => {
        must('button', await alice.call('practice.set', { disconnected: true }));
        process.kill(address.pid, 'SIGKILL');
      },
      () => 'disconnected, then the practice process killed',
    );
    const opened = await step(
      'both open a room from one signal while apart',
      async () => [
        must('open', await alice.call('room.open', { from: 'proposal', proposal: proposal.id })).log,
        must('open', await bob.call('room.open', { from: 'proposal', proposal: proposal.id })).log,
      ],
      (logs) => logs.join(' and '),
    );
    const [log = ''] = opened;
    check(new Set(opened).size === 1, 'the two devices opened different rooms from one signal');
    const written = await step(
      'write offline on both sides',
      async () => {
        const a = await writeOffline(alice, log, now());
        const b = await writeOffline(bob, log, now());
        must('severity', await alice.call('severity.set', { log, severity: 'SEV1', reason: 'orders may be wrong' }));
        must('severity', await bob.call('severity.set', { log, severity: 'SEV3', reason: 'no order has left yet' }));
        await attach(alice, log, 'nulls per run.csv', Buffer.from('run,nulls\n1,0.31\n'));
        return [...a.texts, ...b.texts];
      },
      (texts) => `${texts.length} texts, two severities, one file`,
    );

    await step(
      'quit',
      () => end(alice),
      () => 'alice has left',
    );
    alice = await step(
      'start three days later without any network',
      () => running(startCore('alice', { BREAKWATER_PRACTICE: 'off', BREAKWATER_CLOCK_OFFSET_MS: String(threeDays) })),
      () => 'started',
    );
    const mine = written.filter((text) => text.includes('alice'));
    await step(
      'everything is there',
      () => checkTexts(alice, log, mine),
      () => `${mine.length} texts found again`,
    );
    await step(
      'ages are true',
      () => checkAges(alice, 3),
      (ages) => ages,
    );
    await step(
      'quit again',
      () => end(alice),
      () => 'alice has left',
    );

    practice = await step('the platform is back', startPractice, (at) => `port ${at.port}`);
    await controlPractice(practice, { release: true });
    alice = await running(startCore('alice'));
    await step(
      'merge',
      () => converge([alice, bob], log, wait),
      (digest) => `both stand on ${digest.slice(0, 12)}`,
    );
    await step('nothing is lost', async () => {
      for (const core of [alice, bob]) await checkTexts(core, log, written);
    }, () => `${written.length} texts on both devices`); // prettier-ignore
    await step(
      'settle',
      () => settleSeverity(alice, log),
      (how) => how,
    );
    await step(
      'merge again',
      () => converge([alice, bob], log, wait),
      (digest) => digest.slice(0, 12),
    );
    check((await roomOf(bob, log)).severity.conflict.length === 0, 'the settled severity is still open for bob');

    // The same through a folder, in a mix with the tables.
    const folder = { kind: 'folder' as const, place: join(home, 'shared-folder') };
    mkdirSync(folder.place, { recursive: true });
    await step(
      'a folder instead of the platform',
      async () => {
        must('set up', await alice.call('share.setup', folder));
        must('join', await bob.call('share.join', folder));
        must('button', await alice.call('practice.set', { disconnected: true }));
        must('note', await bob.call('note.add', { log, text: 'written while only the folder was there' }));
        return converge([bob, alice], log, wait);
      },
      (digest) => digest.slice(0, 12),
    );
    await checkTexts(alice, log, ['written while only the folder was there']);
    await controlPractice(practice, { release: true });
    await step(
      'and back to the tables',
      () => sync(alice),
      (done) => `${done.pushed} pushed, ${done.pulled} pulled`,
    );

    const kinds = new Set((await entriesOf(alice, log, true)).map((entry) => entry.factKind ?? entry.kind));
    report({ step: 'timeline', ms: 0, detail: [...kinds].toSorted().join(', ') });
    const pack = await step(
      'evidence pack',
      async () => must('export', await alice.call('pack.export', { log, purpose: 'drill' })),
      (done) => `${done.size} bytes, signed by ${done.fingerprint}`,
    );
    return { detected: result, packs: [pack.file], signers: pack.signersFile };
  } finally {
    for (const core of cores) await core.close();
    const last = practice === null ? null : await controlPractice(practice, { stop: true });
    if (last !== null) report({ step: 'end', ms: 0, detail: 'practice lakehouse stopped' });
  }
};
