import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LogId } from '../../shared/domain/ids.ts';
import type { WireEvent } from '../../main/log/port.ts';
import { conflicts, counts, entriesPage, quarantineList, roomHeader } from '../../main/log/views.ts';
import { signedText } from '../../main/log/signature.ts';
import { cleanUp, converge, deliver, everything, newDevice, openRoom, team, type TestDevice } from '../support/log.ts';

let writer: TestDevice;
let room: LogId;
let stream: readonly WireEvent[];

const hashOf = (line: string): string => createHash('sha256').update(`${line}\n`).digest('hex');
/** A fresh reader that knows the organisation. */
const reader = (): TestDevice => {
  const device = newDevice('reader');
  device.take(everything(writer, writer.org));
  return device;
};
const tags = (device: TestDevice): readonly string[] => quarantineList(device.db, 100).map(({ tag }) => tag);

beforeAll(() => {
  const { devices } = team(1);
  const [first] = devices;
  if (!first) throw new Error('a device');
  writer = first;
  room = openRoom(writer);
  for (let index = 0; index < 8; index += 1) {
    writer.clock.tick();
    writer.say(room, { type: 'note.added', fields: { text: `note ${index}` } });
  }
  stream = everything(writer, room);
});
afterAll(cleanUp);

const at = (index: number): WireEvent => {
  const wire = stream[index];
  if (!wire) throw new Error(`event ${index}`);
  return wire;
};

describe('order, holes, repeats', () => {
  test('backwards, one by one: everything waits, then all of it is applied at once', () => {
    const device = reader();
    for (const wire of stream.toReversed().slice(0, -1)) {
      const report = device.take([wire]);
      expect([report.applied, report.waiting]).toEqual([0, 1]);
    }
    expect(device.log.gaps(device.db, room)).toEqual([{ log: room, dev: writer.id, from: 1, to: 1 }]);
    expect(device.take([at(0)]).applied).toBe(stream.length);
    expect(counts(device.db, room).waiting).toBe(0);
    expect(device.log.gaps(device.db)).toEqual([]);
    expect(device.log.projectionDigest(device.db, room)).toBe(writer.log.projectionDigest(writer.db, room));
  });

  test('repeats change nothing and are counted', () => {
    const device = reader();
    device.take([...stream, ...stream]);
    const before = device.log.projectionDigest(device.db, room);
    const report = device.take(stream);
    expect([report.applied, report.duplicates]).toEqual([0, stream.length]);
    expect(device.log.projectionDigest(device.db, room)).toBe(before);
    expect(device.log.read(device.db, room, writer.id, 1, 99)).toEqual(stream);
  });

  test('copies are united: what one copy withholds another may tell', () => {
    const device = reader();
    device.take(stream.map((wire) => ({ ...wire, d: [] })));
    const [bare] = entriesPage(device.db, { log: room, order: 'recorded', limit: 1 }).rows;
    expect([bare?.fields['text'], bare?.withheld, bare?.withheldCount]).toEqual([undefined, ['text'], 1]);
    device.take(stream);
    const [full] = entriesPage(device.db, { log: room, order: 'recorded', limit: 1 }).rows;
    expect([full?.fields['text'], full?.withheldCount]).toEqual(['note 7', 0]);
  });
});

describe('tampering is found, and the right stream is named', () => {
  const spoiled: readonly (readonly [string, (events: readonly WireEvent[]) => readonly WireEvent[], readonly string[]])[] = [
    ['one byte of a line flipped', (events) => events.map((wire, index) => (index === 4 ? { ...wire, line: wire.line.replace('"note.added"', '"note.addee"') } : wire)), ['broken-chain']],
    ['the newest line changed', (events) => events.map((wire, index) => (index === events.length - 1 ? { ...wire, line: wire.line.replace(/"at":"2026/, '"at":"2025') } : wire)), ['bad-signature']],
    ['the newest signature changed', (events) => events.map((wire, index) => (index === events.length - 1 ? { ...wire, sig: at(0).sig } : wire)), ['bad-signature']],
    ['two numbers swapped', (events) => events.map((wire, index) => {
      const seq = index + 1;
      const other = seq === 4 ? 5 : seq === 5 ? 4 : seq;
      return { ...wire, line: wire.line.replace(`"seq":${seq},`, `"seq":${other},`) };
    }), ['broken-chain']],
    ['an event put in between, signed by nobody', (events) => {
      const line = at(3).line.replace('"seq":4,', '"seq":5,').replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${hashOf(at(3).line)}"`);
      return [...events.slice(0, 4), { ...at(3), line }, ...events.slice(4)];
    }, ['broken-chain']],
    ['another key under the same device id', (events) => [{ ...at(0), line: at(0).line.replace(/"pub":"[A-Za-z0-9_-]{43}"/, `"pub":"${'A'.repeat(43)}"`) }, ...events.slice(1)], ['bad-device']],
  ]; // prettier-ignore
  for (const [name, spoil, expected] of spoiled) {
    test(name, () => {
      const device = reader();
      const report = device.take(spoil(stream));
      expect(report.quarantined.map(({ tag }) => tag)).toEqual(expect.arrayContaining([...expected]));
      for (const { dev, log } of report.quarantined) expect([dev, log]).toEqual([writer.id, room]);
      // What was applied is true, and the truth heals it.
      device.take(stream);
      expect(device.log.projectionDigest(device.db, room)).toBe(writer.log.projectionDigest(writer.db, room));
    });
  }

  test('any single flipped bit of any line is either refused or waits; never applied', () => {
    const lines = stream.map(({ line }) => Buffer.from(line));
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(7), (which, where, bit) => {
        const index = which % lines.length;
        const bytes = Buffer.from(lines[index] ?? '');
        const offset = where % bytes.length;
        bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
        const line = bytes.toString('utf8');
        if (line === stream[index]?.line) return;
        const device = shared;
        const before = device.log.heads(device.db, room);
        const report = device.take([{ ...at(index), line }]);
        expect(report.applied).toBe(0);
        expect(device.log.heads(device.db, room)).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
  let shared: TestDevice;
  beforeAll(() => {
    shared = reader();
    shared.take(stream);
  });

  test('a cut tail shows against whoever has seen it', () => {
    const device = reader();
    device.take(stream.slice(0, 5));
    expect(device.log.heads(device.db, room)).toEqual([expect.objectContaining({ dev: writer.id, seq: 5 })]);
    expect(writer.log.heads(writer.db, room)).toEqual([
      expect.objectContaining({ dev: writer.id, seq: stream.length }),
    ]);
  });

  test('a fork is kept apart, named and raised; nothing of the first history is lost', () => {
    const device = reader();
    device.take(stream.slice(0, 5));
    const line = at(5).line.replace(/"at":"[^"]+"/, '"at":"2026-11-24T09:00:00.000Z"');
    const sig = Buffer.from(writer.log.device.sign(signedText(hashOf(line)))).toString('base64url');
    device.take([at(5)]);
    const report = device.take([{ line, d: [], sig }]);
    expect(report.quarantined).toEqual([expect.objectContaining({ tag: 'fork', dev: writer.id, log: room, seq: 6 })]);
    device.take(stream);
    expect(device.log.projectionDigest(device.db, room)).toBe(writer.log.projectionDigest(writer.db, room));
    expect(quarantineList(device.db, 10)[0]).toEqual(expect.objectContaining({ tag: 'fork', seq: 6 }));
  });

  test('a line that says something else than the columns beside it', () => {
    const device = reader();
    const copies = { log: room, dev: writer.id, seq: 2, hash: hashOf(at(0).line) };
    expect(device.take([{ ...at(0), copies }]).quarantined[0]?.tag).toBe('copy-mismatch');
    expect(device.take([{ ...at(0), copies: { ...copies, seq: 1 } }]).applied).toBe(1);
  });

  test('a disclosure that belongs to nothing is kept apart, its event stays', () => {
    const device = reader();
    const [, , note] = stream;
    const report = device.take([...stream.slice(0, 2), { ...at(2), d: [...(note?.d ?? []), 'AAAA'] }]);
    expect(report.applied).toBe(3);
    expect(tags(device)).toEqual(['bad-disclosure']);
  });
});

describe('hostile input', () => {
  const line = (): Record<string, unknown> => JSON.parse(at(0).line) as Record<string, unknown>;
  const strange: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['a number', 7],
    ['no line', { d: [], sig: '' }],
    ['d is no list', { line: '{}', d: 'x', sig: '' }],
    ['not JSON', { line: '{', d: [], sig: '' }],
    ['an array', { line: '[]', d: [], sig: '' }],
    ['a key twice', { ...({} as object), line: '{"bw":1,"bw":1}', d: [], sig: '' }],
    ['a real line with a key twice', { line: '', d: [], sig: '' }],
    ['a lone surrogate', { line: '', d: [], sig: '' }],
    ['33 KiB', { line: '', d: [], sig: '' }],
    ['__proto__ as a key', { line: '', d: [], sig: '' }],
    ['a huge number', { line: '', d: [], sig: '' }],
    ['sealed without copies', { line: 'enc1.k.n.ct', d: [], sig: '' }],
  ];
  const wireOf = (name: string, given: unknown): unknown => {
    const good = at(0).line;
    if (name === 'a real line with a key twice') return { ...at(0), line: good.replace('"bw":1', '"bw":1,"v":1') };
    if (name === 'a lone surrogate') return { ...at(0), line: good.replace('"app":"', '"app":"\\ud800') };
    if (name === '33 KiB') return { ...at(0), line: good.replace('"app":"', `"app":"${'x'.repeat(33 * 1024)}`) };
    if (name === '__proto__ as a key')
      return { ...at(0), line: good.replace('"seen":{}', '"seen":{"__proto__":[1,"x"]}') };
    if (name === 'a huge number') return { ...at(0), line: good.replace('"seq":1,', '"seq":1e999,') };
    return given;
  };
  for (const [name, given] of strange) {
    test(`${name} is kept apart and nothing is thrown`, () => {
      const device = reader();
      const report = device.take([wireOf(name, given)]);
      expect([report.applied, report.quarantined.length]).toEqual([0, 1]);
      expect(quarantineList(device.db, 5)).toHaveLength(1);
    });
  }

  test('generated nonsense never throws and never gets in', () => {
    const device = reader();
    const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.string()), fc.object());
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(line())), value, (key, strangeValue) => {
        const parsed = { ...line(), [key]: strangeValue };
        const text = JSON.stringify(parsed);
        if (text === at(0).line) return;
        expect(device.take([{ ...at(0), line: text }]).applied).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('sealed lines', () => {
  const seal = (wire: WireEvent, index: number): WireEvent => ({
    line: `enc1.k1.bm9uY2U.${Buffer.from(`ct${index}`).toString('base64url')}`,
    d: ['enc1.k1.bm9uY2U.ZGlzYw'],
    sig: wire.sig,
    copies: { log: room, dev: writer.id, seq: index + 1, hash: hashOf(wire.line) },
  });

  test('they are kept, counted and forwarded as they came, also when the opening is sealed', () => {
    const device = reader();
    const sealed = stream.map(seal);
    expect(device.take(sealed).applied).toBe(stream.length);
    expect(counts(device.db, room)).toEqual(expect.objectContaining({ events: stream.length, sealed: stream.length }));
    expect(device.log.read(device.db, room, writer.id, 1, 99)).toEqual(sealed);
  });

  test('readable copies that come later take effect, and the result is the same as without sealing', () => {
    const device = reader();
    device.take(stream.map((wire, index) => (index % 2 === 1 ? seal(wire, index) : wire)));
    expect(counts(device.db, room).sealed).toBe(Math.floor(stream.length / 2));
    device.take(stream);
    expect(counts(device.db, room).sealed).toBe(0);
    expect(device.log.projectionDigest(device.db, room)).toBe(writer.log.projectionDigest(writer.db, room));
  });

  test('a forged sealed line does not get into a stream whose key is known', () => {
    const device = reader();
    device.take(stream.slice(0, 3));
    const forged = { ...seal(at(3), 3), copies: { log: room, dev: writer.id, seq: 4, hash: 'ab'.repeat(32) } };
    expect(device.take([forged]).applied).toBe(0);
    expect(device.take(stream).applied).toBe(stream.length - 3);
  });

  test('forged sealed lines that were believed give way to the signed stream', () => {
    const device = reader();
    const forged = { ...seal(at(0), 0), copies: { log: room, dev: writer.id, seq: 1, hash: 'cd'.repeat(32) } };
    expect(device.take([forged]).applied).toBe(1);
    device.take(stream);
    expect(device.log.projectionDigest(device.db, room)).toBe(writer.log.projectionDigest(writer.db, room));
    expect(tags(device)).toEqual(['fork']);
  });
});

describe('redaction', () => {
  test('a disclosure that arrives after its redaction is not stored, not even while it waits', () => {
    const log = openRoom(writer);
    writer.say(log, { type: 'note.added', fields: { text: 'a name that must go' } });
    const before = everything(writer, log);
    const note = before.at(-1);
    const digests = (JSON.parse(note?.line ?? '{}') as { _sd: string[] })._sd;
    const hash = hashOf(note?.line ?? '') as never;
    writer.say(log, { type: 'redacted', fields: { digests, basis: 'request 1' }, over: [hash] });
    writer.say(log, { type: 'note.added', fields: { text: 'goes on' } });
    expect(JSON.stringify(everything(writer, log))).not.toContain(note?.d[0] ?? '?');

    const device = reader();
    device.take(everything(writer, log));
    device.take(before);
    expect(JSON.stringify(everything(device, log))).not.toContain(note?.d[0] ?? '?');
    device.act((db) => {
      device.log.rebuild(db, log);
      return { ok: true, value: null };
    });
    expect(device.log.projectionDigest(device.db, log)).toBe(writer.log.projectionDigest(writer.db, log));

    // The other order: the copy is here first, waiting behind a hole, when its redaction arrives.
    const late = reader();
    late.take(before.slice(1));
    late.take([...before.slice(0, 1), ...everything(writer, log)]);
    expect(JSON.stringify(late.db.all({ text: 'SELECT d FROM event', values: [] } as never))).not.toContain(
      note?.d[0] ?? '?',
    );
  });

  test('with all disclosures removed chain, rebuild and merge still work', () => {
    const { devices, room: log } = team(2);
    const [a, b] = devices;
    if (!a || !b) throw new Error('two devices');
    a.say(log, { type: 'title.set', fields: { title: 'left' } });
    b.say(log, { type: 'title.set', fields: { title: 'right' } });
    converge(a, b);
    const bare = newDevice('bare');
    for (const of of [a.org, log]) bare.take(everything(a, of).map((wire) => ({ ...wire, d: [] })));
    expect(bare.log.projectionDigest(bare.db, log)).toBe(a.log.projectionDigest(a.db, log));
    expect(roomHeader(bare.db, log)?.title.heads).toHaveLength(2);
    expect(roomHeader(bare.db, log)?.title.value).toBe(null);
    expect(conflicts(a.db, log)).toHaveLength(1);
    deliver(a, bare);
    expect(bare.log.heads(bare.db, log)).toEqual(a.log.heads(a.db, log));
  });
});
