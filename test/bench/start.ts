// From the command to a usable window (browser host, built beforehand, world of the practice lakehouse made), and the
// memory of a core with a room open.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCoreProcess } from '../../main/cli/drill/core-process.ts';
import { coreFlags } from '../../shared/contract/mux.ts';
import { stopPractice } from '../../main/practice/launch.ts';
import { clock, type Figure, median, scheduler } from './seams.ts';
import { root } from '../support/places.ts';

const ready = (home: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, [...coreFlags, 'resources/build/start.mjs', '--browser', '--no-open'], {
      cwd: root,
      env: { ...process.env, BREAKWATER_HOME: home },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    let took = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (took > 0 || !/^READY /m.test(output)) return;
      took = performance.now() - started;
      child.kill('SIGTERM');
    });
    child.on('exit', () => (took > 0 ? resolve(took) : reject(new Error(`ended before READY: ${output}`))));
  });

/** Resident memory of a process in MiB; Linux only. */
const resident = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024;

export const startFigures = async (): Promise<readonly Figure[]> => {
  const home = mkdtempSync(join(tmpdir(), 'breakwater-bench-'));
  const first = await ready(home);
  const again = [await ready(home), await ready(home), await ready(home)];
  const began = performance.now();
  const started = await startCoreProcess({
    name: 'bench',
    entry: join(root, 'dist/main/core-child.js'),
    practiceEntry: join(root, 'dist/main/practice.js'),
    profile: 'bench',
    env: { BREAKWATER_HOME: home },
  });
  if (!started.ok) throw new Error(started.error.what);
  const core = started.value;
  let memory = NaN;
  let proposed = NaN;
  for (let turn = 0; turn < 150; turn += 1) {
    const inbox = await core.call('inbox.list', {});
    const proposal = inbox.ok ? inbox.value.proposals[0] : undefined;
    if (proposal !== undefined) {
      proposed = performance.now() - began;
      const opened = await core.call('room.open', { from: 'proposal', proposal: proposal.id });
      if (!opened.ok) throw new Error(opened.error.what);
      await core.call('room.get', { log: opened.value.log });
      await core.call('room.timeline', { log: opened.value.log });
      memory = resident(core.pid);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await core.close();
  await stopPractice({ dir: join(home, 'practice'), clock, scheduler });
  rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  return [
    { name: 'start to usable, first time in a new home', value: Math.round(first), unit: 'ms', aim: '< 60,000' },
    { name: 'start to usable, again (median of 3)', value: Math.round(median(again)), unit: 'ms', aim: '' },
    { name: 'new profile to the first proposed incident', value: Math.round(proposed), unit: 'ms', aim: '' },
    { name: 'memory of a core with a room open', value: Math.round(memory), unit: 'MiB', aim: '' },
  ];
};
