import { describe, expect, it } from 'vitest';
import { type CoreProcess, supervise } from '../../main/core/supervisor.ts';

/** Processes that die when told, a clock and a timer that move by hand. */
const stage = () => {
  let now = 0;
  const timers: { at: number; run: () => void; live: boolean }[] = [];
  const lives: { die: (how: string) => void; ended: boolean }[] = [];
  const log: string[] = [];
  const advance = (ms: number): void => {
    now += ms;
    for (const timer of timers) {
      if (timer.live && timer.at <= now) {
        timer.live = false;
        timer.run();
      }
    }
  };
  const supervisor = supervise({
    fork: (): CoreProcess => {
      const listeners: ((how: string) => void)[] = [];
      const life = { die: (how: string) => listeners.forEach((listener) => listener(how)), ended: false };
      lives.push(life);
      return {
        onExit: (listener) => void listeners.push(listener),
        end: () => {
          life.ended = true;
        },
      };
    },
    clock: { now: () => now },
    scheduler: {
      after: (ms, run) => {
        const timer = { at: now + ms, run, live: true };
        timers.push(timer);
        return () => {
          timer.live = false;
        };
      },
    },
    onStart: () => log.push('start'),
    onDeath: (how, ms) => log.push(`${how}, again in ${ms}`),
    onGiveUp: ({ what }) => log.push(what),
  });
  return { lives, log, advance, supervisor };
};

describe('the supervisor', () => {
  it('starts again with growing waits and stops after the third death in a minute', () => {
    const { lives, log, advance } = stage();
    lives.at(-1)?.die('SIGKILL');
    advance(249);
    expect(lives).toHaveLength(1);
    advance(1);
    lives.at(-1)?.die('SIGKILL');
    advance(500);
    lives.at(-1)?.die('exit 1');
    advance(120_000);
    expect(lives).toHaveLength(3);
    expect(log.slice(0, -1)).toEqual(['start', 'SIGKILL, again in 250', 'start', 'SIGKILL, again in 500', 'start']);
    expect(log.at(-1)).toContain('stopped 3 times within a minute (exit 1)');
  });

  it('starts nothing any more once it was stopped', () => {
    const { lives, advance, supervisor } = stage();
    lives[0]?.die('SIGKILL');
    supervisor.stop();
    advance(10_000);
    expect(lives).toHaveLength(1);
  });

  it('asks the running core to end when it is stopped, and does not call that a death', () => {
    const { lives, log, supervisor } = stage();
    supervisor.stop();
    expect(lives[0]?.ended).toBe(true);
    lives[0]?.die('exit 0');
    expect(log).toEqual(['start']);
  });
});
