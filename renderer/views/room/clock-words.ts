import type { Clock } from '../../../shared/contract/room.ts';
import { countdown, span, type Times } from '../../kit/index.ts';

export type ClockFace = {
  readonly value: string;
  readonly caption: string;
  readonly tone: Clock['tone'];
  /** How much of its time is used, 0 to 1; null when it has no end. */
  readonly used: number | null;
  readonly runs: boolean;
};

const soonMs = 10 * 60_000;

/** A clock of the contract as a face at a moment. Counting happens here, so that every screen shows the same second. */
export const clockFace = (clock: Clock, now: number, times: Times): ClockFace => {
  const { tone, rule } = clock;
  const ms = (at: string | null): number | null => (at === null ? null : Date.parse(at));
  const from = ms(clock.startsAt);
  const to = ms(clock.endsAt);
  if (clock.kind === 'state')
    return { value: clock.value ?? 'unknown', caption: clock.stopped ?? rule, tone, used: null, runs: true };
  if (clock.stopped !== null) return { value: 'not running', caption: clock.stopped, tone, used: null, runs: false };
  if (clock.kind === 'countdown' && to !== null) {
    const left = to - now;
    const used = from === null || to <= from ? null : Math.min(1, Math.max(0, (now - from) / (to - from)));
    return {
      value: left < 0 ? `late ${span(-left)}` : countdown(left),
      caption: `due ${times.near(clock.endsAt ?? '', now)} · ${rule}`,
      tone: left < 0 ? 'bad' : left < soonMs && tone === 'plain' ? 'warn' : tone,
      used,
      runs: true,
    };
  }
  if (clock.kind === 'elapsed' && from !== null) {
    const since = `${times.near(clock.startsAt ?? '', now)} · ${rule}`;
    return { value: span((to ?? now) - from), caption: since, tone, used: null, runs: true };
  }
  const at = clock.endsAt ?? clock.startsAt;
  return {
    value: at === null ? (clock.value ?? 'unknown') : times.near(at, now),
    caption: rule,
    tone,
    used: null,
    runs: true,
  };
};
