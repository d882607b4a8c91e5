import type { Clock, RandomBytes, Scheduler } from '../../shared/base/time.ts';

/** The seams of this room. `log` gets lines that are already free of secrets. */
export type DatabricksDeps = {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: RandomBytes;
  readonly log?: (level: 'error' | 'warn' | 'info' | 'debug', line: string) => void;
  readonly limits?: Partial<Limits>;
  /** Told the name of every statement that is handed to the driver, each time. */
  readonly onStatement?: (name: string) => void;
  /** Told the name of every statement that was answered to its end, each time: neither refused nor cut. */
  readonly onAnswered?: (name: string) => void;
};

/** Every wait of this room is bounded by one of these, in milliseconds. */
export type Limits = {
  /** A whole statement: waiting for a session, running, fetching. */
  readonly statementMs: number;
  /** Opening a session with all its retries; a warehouse may have to start. */
  readonly openMs: number;
  /** One HTTP request. */
  readonly socketMs: number;
  /** First pause between retries; doubles each time, with jitter, up to `retryCapMs`. */
  readonly retryMs: number;
  readonly retryCapMs: number;
  /** How often a read is sent again after a lost reply or an ended session. */
  readonly readRepeats: number;
  /** Goodbyes: closing operations and sessions. */
  readonly closeMs: number;
};

export const defaultLimits: Limits = {
  statementMs: 180_000,
  openMs: 240_000,
  socketMs: 120_000,
  retryMs: 500,
  retryCapMs: 15_000,
  readRepeats: 2,
  closeMs: 3_000,
};
export const limitsOf = (deps: DatabricksDeps): Limits => ({ ...defaultLimits, ...deps.limits });

/** A number in [0, 1) from the injected source of chance. */
export const chance = (random: RandomBytes): number => {
  const [a = 0, b = 0, c = 0] = random(3);
  return (a * 65_536 + b * 256 + c) / 16_777_216;
};

/** Full jitter: between half and all of `base * 2^attempt`, capped; `attempt` counts from 0. Milliseconds. */
export const backoff = (limits: Limits, attempt: number, random: RandomBytes): number => {
  const full = Math.min(limits.retryCapMs, limits.retryMs * 2 ** Math.min(attempt, 20));
  return Math.round(full / 2 + (full / 2) * chance(random));
};
