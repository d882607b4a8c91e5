import { isJsonObject } from '../../shared/base/json.ts';
import type { Result } from '../../shared/base/result.ts';
import type { Cancel, Scheduler } from '../../shared/base/time.ts';
import { diff } from '../../shared/contract/patch.ts';
import type { CallFailure, ServerFrame } from '../../shared/contract/wire.ts';
import type { Serve } from './serve.ts';

/**
 * Queries that somebody follows. After commits and refreshed caches `invalidate` asks for a new look; several asks within
 * `coalesceMs` are one. Each follower gets one `snap`, then only what changed. The same query followed by several windows
 * is computed once a round.
 */
export type Subscriptions = {
  readonly add: (owner: object, id: number, name: string, input: unknown, send: (frame: ServerFrame) => void) => void;
  readonly remove: (owner: object, id: number) => void;
  readonly removeAll: (owner: object) => void;
  readonly invalidate: () => void;
  readonly close: () => void;
};

type Follower = {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  readonly key: string;
  readonly send: (frame: ServerFrame) => void;
  /** What the follower has: text for a quick comparison, value for the diff. */
  sent: { readonly text: string; readonly value: unknown } | null;
};

export const createSubscriptions = (serve: Serve, scheduler: Scheduler, coalesceMs = 50): Subscriptions => {
  const followers = new Map<object, Map<number, Follower>>();
  let waiting: Cancel | null = null;
  let running = false;
  let again = false;
  let closed = false;

  const isFollowed = (owner: object, follower: Follower): boolean =>
    followers.get(owner)?.get(follower.id) === follower;

  const first = async (owner: object, follower: Follower): Promise<void> => {
    const answer = await serve(follower.name, follower.input);
    // A round may have been quicker; then the follower has its snapshot already.
    if (isFollowed(owner, follower) && follower.sent === null) tell(follower, answer);
  };

  const round = async (): Promise<void> => {
    const answers = new Map<string, Promise<Result<unknown, CallFailure>>>();
    for (const [owner, owned] of followers) {
      for (const follower of owned.values()) {
        const asked = answers.get(follower.key) ?? serve(follower.name, follower.input);
        answers.set(follower.key, asked);
        const answer = await asked;
        if (isFollowed(owner, follower)) tell(follower, answer);
      }
    }
  };

  const run = async (): Promise<void> => {
    waiting = null;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await round();
    } finally {
      running = false;
    }
    if (again) {
      again = false;
      invalidate();
    }
  };

  const invalidate = (): void => {
    if (closed || waiting !== null || followers.size === 0) return;
    waiting = scheduler.after(coalesceMs, () => void run());
  };

  return {
    add: (owner, id, name, input, send) => {
      const follower: Follower = { id, name, input, key: JSON.stringify([name, input]), send, sent: null };
      const owned = followers.get(owner) ?? new Map<number, Follower>();
      owned.set(id, follower);
      followers.set(owner, owned);
      void first(owner, follower);
    },
    remove: (owner, id) => {
      const owned = followers.get(owner);
      owned?.delete(id);
      if (owned?.size === 0) followers.delete(owner);
    },
    removeAll: (owner) => void followers.delete(owner),
    invalidate,
    close: () => {
      closed = true;
      waiting?.();
      followers.clear();
    },
  };
};

/** Send what the follower lacks: nothing, a patch, or the whole answer. A failure is told once and ends in a new snapshot. */
const tell = (follower: Follower, answer: Result<unknown, CallFailure>): void => {
  const { id, sent } = follower;
  const told = answer.ok ? answer.value : answer.error;
  const text = JSON.stringify([answer.ok, told]);
  if (sent?.text === text) return;
  if (!answer.ok) {
    follower.sent = { text, value: null };
    follower.send({ t: 'err', id, error: answer.error });
    return;
  }
  follower.sent = { text, value: told };
  if (sent !== null && isJsonObject(sent.value) && isJsonObject(told)) {
    const patch = diff(sent.value, told);
    if (patch !== null) follower.send({ t: 'patch', id, patch });
  } else follower.send({ t: 'snap', id, value: told });
};
