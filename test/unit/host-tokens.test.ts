import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { badTokenLimit, createTokens, launchMs, lockMs, sessionIdleMs, ticketMs } from '../../main/host/tokens.ts';

const at = (start: number) => {
  let now = start;
  return { clock: { now: () => now }, pass: (ms: number) => void (now += ms) };
};
const fresh = () => {
  const time = at(1_000_000);
  return { ...time, tokens: createTokens(time.clock, (length) => randomBytes(length)) };
};

describe('tokens of the browser host', () => {
  it('a launch token works once', () => {
    const { tokens } = fresh();
    const launch = tokens.mintLaunch();
    const session = tokens.exchange(launch);
    expect(session).not.toBeNull();
    expect(tokens.isSession(session ?? '')).toBe(true);
    expect(tokens.exchange(launch)).toBeNull();
  });

  it('a launch token ends after 60 s, a ticket after 10 s, a session 12 h after its last use', () => {
    const { tokens, pass } = fresh();
    const launch = tokens.mintLaunch();
    pass(launchMs);
    expect(tokens.exchange(launch)).toBeNull();
    const ticket = tokens.mintTicket();
    pass(ticketMs);
    expect(tokens.takeTicket(ticket)).toBe(false);
    const session = tokens.exchange(tokens.mintLaunch()) ?? '';
    pass(sessionIdleMs - 1);
    expect(tokens.isSession(session)).toBe(true);
    pass(sessionIdleMs - 1);
    expect(tokens.isSession(session)).toBe(true);
    pass(sessionIdleMs);
    expect(tokens.isSession(session)).toBe(false);
  });

  it('tickets and downloads work once, and no kind stands in for another', () => {
    const { tokens } = fresh();
    const ticket = tokens.mintTicket();
    expect(tokens.takeDownload(ticket)).toBeNull();
    expect(tokens.exchange(ticket)).toBeNull();
    expect(tokens.isSession(ticket)).toBe(false);
    expect(tokens.takeTicket(ticket)).toBe(true);
    expect(tokens.takeTicket(ticket)).toBe(false);
    const download = tokens.mintDownload('/somewhere/pack.zip');
    expect(tokens.takeDownload(download)).toBe('/somewhere/pack.zip');
    expect(tokens.takeDownload(download)).toBeNull();
  });

  it('guessing locks the exchange even for the right token, but not a session that is alive', () => {
    const { tokens, pass } = fresh();
    const session = tokens.exchange(tokens.mintLaunch()) ?? '';
    for (let i = 0; i < badTokenLimit; i += 1) expect(tokens.exchange(`wrong-${i}`)).toBeNull();
    expect(tokens.lockedFor()).toBe(lockMs);
    const right = tokens.mintLaunch();
    expect(tokens.exchange(right)).toBeNull();
    expect(tokens.isSession(session)).toBe(true);
    expect(tokens.takeTicket(tokens.mintTicket())).toBe(true);
    pass(lockMs);
    expect(tokens.lockedFor()).toBe(0);
    expect(tokens.exchange(tokens.mintLaunch())).not.toBeNull();
  });
});
