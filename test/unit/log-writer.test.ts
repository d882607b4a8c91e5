import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { incidentLogOf, signalIdOf } from '../../shared/domain/signal-id.ts';
import type { JsonValue } from '../../shared/base/json.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import { blobLimit, openBlobs } from '../../main/log/blobs.ts';
import { sha256Hex } from '../../main/log/digest.ts';
import { assetIdOf, factId, handOpenedLog, incidentLogFromSignal, signalId } from '../../main/log/ids.ts';
import type { EventDraft } from '../../main/log/port.ts';
import { entriesPage, roomHeader, roomList } from '../../main/log/views.ts';
import {
  cleanUp,
  converge,
  everything,
  found,
  must,
  newDevice,
  openRoom,
  team,
  tempFolder,
  type TestDevice,
} from '../support/log.ts';

let a: TestDevice;
let room: LogId;
beforeAll(() => {
  a = newDevice('writer');
  found(a);
  room = openRoom(a);
});
afterAll(cleanUp);

/** Tag and code of the failure that a draft meets; nothing may be stored by it. */
const refused = (draft: EventDraft): readonly [string, string | undefined] => {
  const before = a.log.heads(a.db, room);
  const result = a.profile.store.transaction((db) => a.log.append(db, room, a.person, [draft]));
  expect(a.log.heads(a.db, room)).toEqual(before);
  if (result.ok) throw new Error('written');
  return [result.error.tag, result.error.code];
};
const newest = (): { readonly line: string; readonly d: readonly string[] } => {
  const wire = everything(a, room).at(-1);
  if (!wire) throw new Error('nothing written');
  return wire;
};

describe('a line', () => {
  test('has the keys of the format in their order; text and names are never in it', () => {
    a.say(room, { type: 'note.added', fields: { text: 'Zoë was told', happened_at: '2026-11-24T02:00:00.000Z' } });
    const { line, d } = newest();
    expect(Object.keys(JSON.parse(line) as object)).toEqual([
      'bw', 'log', 'dev', 'seq', 'prev', 'n', 'hlc', 'at', 'actor', 'type', 'v', 'seen', 'over', 'c', '_sd',
    ]); // prettier-ignore
    expect(line).not.toContain('Zoë');
    expect(Buffer.from(d[0] ?? '', 'base64url').toString('utf8')).toContain('Zoë was told');
  });

  test('integers above 2^53 and decimals become strings, lone surrogates U+FFFD', () => {
    const snapshot = { big: 2 ** 60, half: 0.5, minus: -0, ok: 7, '\ud800key': 'lone \udc00' };
    a.say(room, {
      type: 'fact.cited',
      fields: {
        fact_id: 'run|w|1', kind: 'run', source: 's', happened_at: '2026-11-24T02:00:00.000Z',
        observed_at: '2026-11-24T02:00:00.000Z', assets: [], snapshot,
      }, // prettier-ignore
    });
    const told = JSON.parse(Buffer.from(newest().d[0] ?? '', 'base64url').toString('utf8')) as readonly JsonValue[];
    expect(told[2]).toEqual({ big: '1152921504606846976', half: '0.5', minus: 0, ok: 7, '\ufffdkey': 'lone \ufffd' });
  });

  test('what is too large is refused by name, and so is what the registry does not know', () => {
    expect(refused({ type: 'note.added', fields: { text: 'x'.repeat(256 * 1024) } })).toEqual([
      'TooLarge',
      'note.added.text',
    ]);
    const assets = Array.from({ length: 400 }, (_, index) => `table|m|${'n'.repeat(90)}${index}`);
    expect(refused({ type: 'note.added', fields: { text: 'x', assets } })).toEqual(['TooLarge', 'note.added.assets']);
    expect(refused({ type: 'note.added', fields: {} })).toEqual(['BadFields', 'note.added.text']);
    expect(refused({ type: 'note.added', fields: { text: 'x', colour: 'red' } })).toEqual([
      'BadFields',
      'note.added.colour',
    ]);
    expect(refused({ type: 'severity.set', fields: { severity: 'SEV9' } })).toEqual([
      'BadFields',
      'severity.set.severity',
    ]);
    expect(refused({ type: 'person.added', fields: { person: a.person, name: 'x' } })).toEqual([
      'BadFields',
      'person.added.type',
    ]);
    expect(refused({ type: '__proto__' as never, fields: {} })[0]).toBe('UnknownType');
    a.say(room, { type: 'note.added', fields: { text: 'y'.repeat(180 * 1024) } });
  });

  test('seen names the heads of others that moved since, and only those', () => {
    const { devices: [x, y], room: log } = team(2); // prettier-ignore
    if (!x || !y) throw new Error('two');
    const seenOf = (device: TestDevice): readonly (readonly [string, number])[] => {
      const own = device.log.heads(device.db, log).find(({ dev }) => dev === device.id);
      const [wire] = device.log.read(device.db, log, device.id, own?.seq ?? 0, own?.seq ?? 0);
      const { seen } = JSON.parse(wire?.line ?? '') as { seen: Record<string, [number, string]> };
      return Object.entries(seen).map(([dev, [seq]]) => [dev, seq] as const);
    };
    y.say(log, { type: 'note.added', fields: { text: '1' } });
    y.say(log, { type: 'note.added', fields: { text: '2' } });
    expect(seenOf(y)).toEqual([]);
    converge(x, y);
    x.say(log, { type: 'note.added', fields: { text: '3' } });
    expect(seenOf(x)).toEqual([[y.id, 3]]);
    x.say(log, { type: 'note.added', fields: { text: '4' } });
    expect(seenOf(x)).toEqual([]);
  });
});

describe('a large room', () => {
  test('pages run through every entry once, in both orders, newest first', () => {
    const log = openRoom(a);
    for (let batch = 0; batch < 5; batch += 1) {
      a.clock.tick();
      const notes = Array.from({ length: 30 }, (_, index): EventDraft => {
        const happened = new Date(Date.UTC(2026, 10, 24, 0, (index * 7) % 13)).toISOString();
        return { type: 'note.added', fields: { text: `${batch}-${index}`, happened_at: happened } };
      });
      a.say(log, ...notes);
    }
    for (const order of ['happened', 'recorded'] as const) {
      const hashes: string[] = [];
      const keys: string[] = [];
      let before: string | undefined;
      do {
        const page = entriesPage(a.db, { log, order, limit: 17, ...(before === undefined ? {} : { before }) });
        expect(page.total).toBe(151);
        hashes.push(...page.rows.map(({ hash }) => hash));
        keys.push(...page.rows.map((row) => (order === 'happened' ? row.happenedAt : row.hlc)));
        before = page.next ?? undefined;
      } while (before !== undefined);
      expect(new Set(hashes).size).toBe(151);
      expect(keys).toEqual(keys.toSorted().toReversed());
    }
    expect(entriesPage(a.db, { log, order: 'happened', limit: 9, before: 'nonsense' }).rows).toHaveLength(9);
    expect(entriesPage(a.db, { log: `inc:${'9'.repeat(32)}` as LogId, order: 'happened', limit: 9 }).rows).toEqual([]);
    expect(roomHeader(a.db, `inc:${'9'.repeat(32)}` as LogId)).toBe(null);
    expect(roomList(a.db).map((row) => row.log)).toContain(log);
  });
});

describe('blobs', () => {
  test('0 bytes, a stream, a repeat; over 25 MB is refused and leaves nothing', async () => {
    const dir = tempFolder('blobs');
    const blobs = openBlobs(join(dir, 'blobs'));
    const empty = must(await blobs.put(new Uint8Array(), 'text/plain'));
    expect(empty).toEqual({ sha256: createHash('sha256').digest('hex'), size: 0, media: 'text/plain' });
    const parts = async function* (): AsyncIterable<Uint8Array> {
      yield Buffer.from('hel');
      yield Buffer.from('lo');
    };
    const hello = must(await blobs.put(parts(), 'text/plain'));
    expect(readFileSync(join(dir, 'blobs', hello.sha256.slice(0, 2), hello.sha256), 'utf8')).toBe('hello');
    expect(must(await blobs.put(Buffer.from('hello'), 'text/plain')).sha256).toBe(hello.sha256);
    expect([blobs.has(hello.sha256), blobs.has('0'.repeat(64)), blobs.has('../../etc/passwd')]).toEqual([
      true,
      false,
      false,
    ]);
    const huge = async function* (): AsyncIterable<Uint8Array> {
      for (let done = 0; done <= blobLimit; done += 1024 * 1024) yield new Uint8Array(1024 * 1024);
    };
    const result = await blobs.put(huge(), 'video/mp4');
    expect(result.ok || result.error.tag).toBe('BlobTooLarge');
    const chunks: Buffer[] = [];
    for await (const chunk of blobs.read(hello.sha256) ?? []) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('hello');
  });
});

describe('ids', () => {
  test('two devices make the same ones from the same facts', () => {
    const key = { workspaceId: '1', monitorId: 'm', assetId: 'job|1|2', windowKey: 'run 3' };
    const text = ['bw-sig-1', '1', 'm', 'job|1|2', 'run 3'].join('\x1f');
    expect(signalId(key)).toBe(`sg_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`);
    expect(signalIdOf(key, sha256Hex)).toBe(signalId(key));
    expect(incidentLogOf(signalId(key), sha256Hex)).toBe(incidentLogFromSignal(signalId(key)));
    expect(assetIdOf('table', 'ms', 'Main.Gold.Orders')).toBe('table|ms|main.gold.orders');
    expect(assetIdOf('job', 'ws', 'AbC')).toBe('job|ws|AbC');
    expect(factId('run', 'ws', '1|2')).toBe('run|ws|1|2');
  });

  test('a room opened by hand has a UUIDv7: its time in front, version and variant right, never twice', () => {
    const log = handOpenedLog(0x0123456789ab);
    expect(log).toMatch(/^inc:0123456789ab7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    expect(handOpenedLog(1)).not.toBe(handOpenedLog(1));
  });
});
