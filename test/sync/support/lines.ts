import { createHash } from 'node:crypto';
import { zeroHash, type DeviceId, type EventHash, type LogId } from '../../../shared/domain/ids.ts';
import type { SharedEvent } from '../../../main/sync/port.ts';

/** Lines in the form of event format 1 for tests of transports, which look at form and place and leave proof to the log. */
export const deviceNamed = (name: string): DeviceId =>
  createHash('sha256').update(name).digest('base64url') as DeviceId;
export const roomNamed = (name: string): LogId =>
  `inc:${createHash('sha256').update(name).digest('hex').slice(0, 32)}` as LogId;
export const orgNamed = (name: string): LogId =>
  `org:${createHash('sha256').update(name).digest('hex').slice(0, 32)}` as LogId;

export const hashOf = (line: string): EventHash => createHash('sha256').update(`${line}\n`).digest('hex') as EventHash;

/** Events 1..count of a stream, chained; `salt` makes another history of the same device. */
export const streamOf = (log: LogId, dev: DeviceId, count: number, salt = ''): readonly SharedEvent[] => {
  const events: SharedEvent[] = [];
  let prev: string = zeroHash;
  for (let seq = 1; seq <= count; seq += 1) {
    const n = createHash('sha256')
      .update(`${dev}${String(seq)}${salt}`)
      .digest()
      .subarray(0, 16)
      .toString('base64url');
    const line = JSON.stringify({
      bw: 1, log, dev, seq, prev, n, hlc: seq.toString(16).padStart(16, '0'), at: '2026-11-24T08:00:00.000Z',
      actor: 'm_test', type: 'note.added', v: 1, seen: {}, over: [], c: {}, _sd: [],
    }); // prettier-ignore
    events.push({ line, d: [], sig: `sig-${String(seq)}` });
    prev = hashOf(line);
  }
  return events;
};
