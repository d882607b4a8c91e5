/**
 * Test-only writer of the frozen log and the golden vectors. It was run once; what it wrote is never made again, because the
 * point of a frozen log is that tomorrow's reader reads yesterday's bytes. It refuses to overwrite.
 * `node test/support/write-fixture.ts` → test/fixtures/log-1, resources/format/vectors.json
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { signalId, incidentLogFromSignal } from '../../main/log/ids.ts';
import { ownOrgLog } from '../../main/log/org.ts';
import type { WireEvent } from '../../main/log/port.ts';
import { signedText } from '../../main/log/signature.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import { cleanUp, converge, everything, found, newDevice, openRoom, testClock, welcome, everyRole } from './log.ts';

const root = new URL('../fixtures/log-1/', import.meta.url).pathname;
const vectorsPath = new URL('../../resources/format/vectors.json', import.meta.url).pathname;
if (existsSync(`${root}plain.jsonl`)) throw new Error('the frozen log exists and is never made again');
mkdirSync(root, { recursive: true });

const clock = testClock();
const [a, b, c] = ['Ada', 'Bob', 'Cleo'].map((name) => newDevice(name, clock));
if (!a || !b || !c) throw new Error('three devices');
const org = found(a, 'Ada Ångström');
welcome(a, b, 'Bob', everyRole);
welcome(a, c, 'Cleo', []);
const room = openRoom(a, 'Daily features failed');
converge(a, b, c);
clock.tick(5000);
a.say(room, { type: 'severity.set', fields: { severity: 'SEV1', reason: 'customers see it' } });
b.say(room, { type: 'severity.set', fields: { severity: 'SEV2' } });
const [note] = b.say(room, {
  type: 'note.added',
  fields: { text: 'Zeile „eins“\nline two \u{1f30a}', assets: ['table|m1|main.gold.features'] },
});
c.say(room, { type: 'note.added', fields: { text: 'not admitted yet' } });
const blob = { sha256: createHash('sha256').update('hello\n').digest('hex'), size: 6, media: 'text/plain' };
a.say(room, { type: 'attachment.added', fields: { name: '../run 88213/\u202elog.txt', blob } });
clock.tick(5000);
converge(a, b, c);
if (!note) throw new Error('note');
a.say(room, { type: 'note.edited', fields: { note, text: 'left' } });
b.say(room, { type: 'note.edited', fields: { note, text: 'right' } });
b.say(room, {
  type: 'decision.recorded',
  fields: {
    title: 'Roll back?',
    options: ['roll back', 'wait'],
    choice: 'wait',
    reason: 'no data loss',
    expires_at: '2026-11-25T00:00:00.000Z',
  },
});
const fact = {
  fact_id: 'run|ws1|88213',
  kind: 'run',
  source: 'system.lakeflow.job_run_timeline',
  happened_at: '2026-11-24T03:00:00.000Z',
  observed_at: '2026-11-24T03:05:00.000Z',
  assets: ['job|ws1|42'],
  snapshot: { rows: '9007199254740993' },
};
a.say(room, { type: 'fact.cited', fields: fact });
b.say(room, { type: 'fact.cited', fields: fact });
converge(a, b, c);

const hashOf = (line: string): string => createHash('sha256').update(`${line}\n`).digest('hex');
const jsonl = (events: readonly unknown[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('');
const plain: readonly WireEvent[] = [...everything(a, org), ...everything(a, room)];
writeFileSync(`${root}plain.jsonl`, jsonl(plain));
const digests = (logs: readonly LogId[]): Record<string, string> =>
  Object.fromEntries(logs.map((log) => [log, a.log.projectionDigest(a.db, log)]));
const expected: Record<string, unknown> = { plain: digests([org, room]), org, room, note, events: plain.length };

// Sealed: every second event of the room, but no opening of a stream, as a place keeps it for readers without the key.
const key = randomBytes(32);
const seal = (text: string, aad: string): string => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(aad));
  const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  return `enc1.k1.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
};
const sealed = plain.map((wire, index) => {
  const { log, dev, seq } = JSON.parse(wire.line) as { log: string; dev: string; seq: number };
  const copies = { log, dev, seq, hash: hashOf(wire.line) };
  if (!log.startsWith('inc:') || seq === 1 || index % 2 === 0) return { ...wire, copies };
  const aad = `${log}|${dev}|${seq}|${copies.hash}`;
  return { line: seal(wire.line, aad), d: wire.d.map((text) => seal(text, aad)), sig: wire.sig, copies };
});
writeFileSync(`${root}sealed.jsonl`, jsonl(sealed));
writeFileSync(`${root}sealed.key.txt`, `${key.toString('hex')}\n`);

// Chain-linked: the same lines, in segments of three per stream that name the hash before and after them; out of order.
const streams = new Map<string, WireEvent[]>();
for (const wire of plain) {
  const { log, dev } = JSON.parse(wire.line) as { log: string; dev: string };
  const name = `${log} ${dev}`;
  streams.set(name, [...(streams.get(name) ?? []), wire]);
}
const chunks = [...streams].flatMap(([name, events]) =>
  Array.from({ length: Math.ceil(events.length / 3) }, (_, index) => {
    const part = events.slice(index * 3, index * 3 + 3);
    const before = events[index * 3 - 1];
    return {
      stream: name,
      from: index * 3 + 1,
      before: before ? hashOf(before.line) : '0'.repeat(64),
      head: hashOf(part.at(-1)?.line ?? ''),
      events: part,
    };
  }),
);
writeFileSync(`${root}chunks.jsonl`, jsonl(chunks.toReversed()));

// Redacted: the note's text has to go, in both its versions.
const noteRows = plain.filter(
  ({ line }) => hashOf(line) === note || (line.includes('"note.edited"') && line.includes(note)),
);
const gone = noteRows.flatMap(({ line }) => (JSON.parse(line) as { _sd: string[] })._sd);
a.say(room, {
  type: 'redacted',
  fields: { digests: gone, basis: 'request 7' },
  over: noteRows.map(({ line }) => hashOf(line)) as never,
});
writeFileSync(`${root}redacted.jsonl`, jsonl([...everything(a, org), ...everything(a, room)]));
expected['redacted'] = digests([org, room]);
expected['gone'] = noteRows.flatMap(({ d }) => d);
writeFileSync(`${root}expected.json`, `${JSON.stringify(expected, null, 2)}\n`);

const [first] = plain;
if (!first) throw new Error('an event');
const key1 = { workspaceId: '7405', monitorId: 'failed-runs', assetId: 'job|7405|42', windowKey: 'run 88213' };
const signal = signalId(key1);
const vectors = {
  line: first.line,
  hash: hashOf(first.line),
  signed_text: signedText(hashOf(first.line)),
  sig: first.sig,
  pub: (JSON.parse(first.line) as { c: { pub: string } }).c.pub,
  dev: (JSON.parse(first.line) as { dev: string }).dev,
  org: { founder: a.id, id: ownOrgLog(a.id) },
  disclosure: {
    d: plain[1]?.d[0],
    digest: createHash('sha256')
      .update(plain[1]?.d[0] ?? '')
      .digest('base64url'),
    json: Buffer.from(plain[1]?.d[0] ?? '', 'base64url').toString('utf8'),
  },
  signal: { key: key1, id: signal },
  room_from_signal: incidentLogFromSignal(signal),
  hlc: [
    { last: '0000000000000000', wall: 1000, tick: '0000000003e80000' },
    { last: '0000000003e80000', wall: 1000, tick: '0000000003e80001' },
    { last: '0000000003e8ffff', wall: 1000, tick: '0000000003e90000' },
    { last: '0000000003e80005', wall: 10, tick: '0000000003e80006' },
  ],
};
writeFileSync(vectorsPath, `${JSON.stringify(vectors, null, 2)}\n`);
cleanUp();
