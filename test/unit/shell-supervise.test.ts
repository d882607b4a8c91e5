import { describe, expect, it } from 'vitest';
import { type Living, supervise } from '../../main/shell/supervise.ts';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { restartLimit, restartWindowMs } from '../../shared/domain/restart-policy.ts';

const scene = () => {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const cores: { die: (how: string, refused?: Failure) => void; ended: boolean }[] = [];
  const told: string[] = [];
  const supervisor = supervise<Living>({
    clock: { now: () => now },
    scheduler: {
      after: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return () => (timers = timers.filter((one) => one !== timer));
      },
    },
    start: () => {
      const listeners: ((how: string, refused: Failure | null) => void)[] = [];
      const core = {
        ended: false,
        die: (how: string, refused: Failure | null = null) => listeners.forEach((tell) => tell(how, refused)),
      };
      cores.push(core as (typeof cores)[number]);
      return { onExit: (listener) => void listeners.push(listener), end: () => void (core.ended = true) };
    },
    onStart: () => void told.push('start'),
    onDeath: (how, ms) => void told.push(`${how} ${ms}`),
    onGiveUp: (problem) => void told.push(problem.tag),
  });
  const pass = (ms: number): void => {
    now += ms;
    const due = timers.filter((one) => one.at <= now);
    timers = timers.filter((one) => one.at > now);
    for (const one of due) one.run();
  };
  return { supervisor, cores, told, pass, last: () => cores[cores.length - 1]! };
};

describe('a core that dies', () => {
  it('is started again with growing waits, and not after the third death of a minute', () => {
    const { told, pass, last, cores, supervisor } = scene();
    last().die('SIGKILL');
    pass(249);
    expect(cores.length).toBe(1);
    pass(1);
    expect(cores.length).toBe(2);
    last().die('SIGKILL');
    pass(500);
    last().die('exit 1');
    pass(100_000);
    expect(cores.length).toBe(restartLimit);
    expect(told).toEqual(['start', 'SIGKILL 250', 'start', 'SIGKILL 500', 'start', 'CoreStopped']);
    expect(supervisor.current()).toBeNull();
    supervisor.again();
    expect(cores.length).toBe(restartLimit + 1);
    last().die('SIGKILL');
    pass(250);
    expect(cores.length).toBe(restartLimit + 2);
  });
  it('is forgiven deaths of long ago', () => {
    const { cores, pass, last, told } = scene();
    for (let i = 0; i < 10; i += 1) {
      last().die('SIGKILL');
      pass(restartWindowMs);
    }
    expect(cores.length).toBe(11);
    expect(told).not.toContain('CoreStopped');
  });
  it('because it refused its profile is not started again', () => {
    const { cores, pass, last, told } = scene();
    last().die('exit 78', failure('InUse', 'a', 'b', 'c'));
    pass(10_000);
    expect(cores.length).toBe(1);
    expect(told).toEqual(['start', 'InUse']);
  });
  it('on purpose stays away, and stopping waits for it', async () => {
    const { supervisor, last, cores, pass } = scene();
    let stopped = false;
    const done = supervisor.stop().then(() => (stopped = true));
    await Promise.resolve();
    expect([last().ended, stopped]).toEqual([true, false]);
    last().die('exit 0');
    await done;
    pass(10_000);
    supervisor.again();
    expect(cores.length).toBe(1);
    await supervisor.stop();
  });
});
