import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFolderTransport } from '../../main/sync/folder.ts';
import type { PullPage, Transport } from '../../main/sync/port.ts';
import { encodeSegment, logFolder, maxSegmentBytes } from '../../main/sync/segment.ts';
import { deviceNamed, hashOf, orgNamed, roomNamed, streamOf } from './support/lines.ts';

const log = roomNamed('room');
const [ada, bob] = [deviceNamed('ada'), deviceNamed('bob')];
let place = '';
let own: Transport;
let other: Transport;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'bw-folder-'));
  own = createFolderTransport(place, ada, randomBytes);
  other = createFolderTransport(place, bob, randomBytes);
});
afterEach(() => {
  rmSync(place, { recursive: true, force: true });
});

const pulled = async (transport: Transport, cursor: string | null = null): Promise<PullPage> => {
  const page = await transport.pull(log, cursor);
  if (!page.ok) throw new Error(page.error.what);
  return page.value;
};
const folderOf = (dev: string): string => join(place, logFolder(log), dev);
const onlyFile = (dev: string): string => {
  const [name = ''] = readdirSync(folderOf(dev));
  return join(folderOf(dev), name);
};
const problemTags = (page: PullPage): readonly string[] => (page.problems ?? []).map(({ tag }) => tag).sort();

test('a folder is set up once, by whoever comes first, for one organisation', async () => {
  expect(await own.probe()).toMatchObject({ ok: false, error: { tag: 'ShareNotSetUp' } });
  expect(readdirSync(place)).toEqual([]);
  const made = await own.init(orgNamed('a'));
  const again = await other.init(orgNamed('a'));
  expect(made.ok && again.ok && made.value.backendId === again.value.backendId).toBe(true);
  expect(await other.init(orgNamed('b'))).toMatchObject({ ok: false, error: { tag: 'ShareReplaced' } });
  expect(await other.probe()).toMatchObject({ ok: true, value: { org: orgNamed('a') } });
});

test('an unplugged drive is offline, not empty, and is not made anew', async () => {
  rmSync(place, { recursive: true });
  for (const answer of [
    await own.probe(),
    await own.push(log, ada, 1, streamOf(log, ada, 1)),
    await own.pull(log, null),
    await own.heads(log),
  ])
    expect(answer).toMatchObject({ ok: false, error: { tag: 'ShareOffline' } });
});

test('a damaged description is named and nothing is written over it', async () => {
  writeFileSync(join(place, 'breakwater-share.json'), '{"bw_share":1,"backend_id":"../..","org":7}');
  expect(await own.probe()).toMatchObject({ ok: false, error: { tag: 'ShareBroken' } });
  expect(await own.init(orgNamed('a'))).toMatchObject({ ok: false, error: { tag: 'ShareBroken' } });
});

test('what one device pushed another reads, once; a second push of the same changes nothing', async () => {
  const events = streamOf(log, ada, 5);
  await own.push(log, ada, 1, events.slice(0, 3));
  await own.push(log, ada, 1, events.slice(0, 3));
  await own.push(log, ada, 4, events.slice(3));
  expect(readdirSync(folderOf(ada))).toHaveLength(2);
  const page = await pulled(other);
  expect(page.events.map(({ line }) => line)).toEqual(events.map(({ line }) => line));
  expect(page).toMatchObject({ full: true, more: false });
  const rest = await pulled(other, page.cursor);
  expect(rest).toMatchObject({ events: [], full: false, more: false });
  await own.push(log, ada, 6, streamOf(log, ada, 6).slice(5));
  expect((await pulled(other, rest.cursor)).events).toHaveLength(1);
  const last = events[4]?.line ?? '';
  expect(await other.range(log, ada, 2, 5)).toMatchObject({ ok: true, value: events.slice(1) });
  const heads = await other.heads(log);
  expect(heads.ok && heads.value).toEqual([
    { dev: ada, seq: 6, count: 6, hash: hashOf(streamOf(log, ada, 6)[5]?.line ?? last) },
  ]);
});

test('a device writes below its own name only, also when it heals the stream of another', async () => {
  await other.push(log, ada, 1, streamOf(log, ada, 2));
  expect(readdirSync(join(place, logFolder(log)))).toEqual([bob]);
  expect(readdirSync(folderOf(bob))).toEqual([`of-${ada}`]);
  const page = await pulled(own);
  expect(page.events).toHaveLength(2);
  expect(page.problems ?? []).toEqual([]);
});

test('a hole makes the count smaller than the head', async () => {
  const events = streamOf(log, ada, 9);
  await own.push(log, ada, 1, events.slice(0, 2));
  await own.push(log, ada, 2, events.slice(1, 4));
  await own.push(log, ada, 7, events.slice(6));
  const heads = await other.heads(log);
  expect(heads.ok && heads.value[0]).toMatchObject({ seq: 9, count: 7, hash: hashOf(events[8]?.line ?? '') });
});

test('a file that vanished makes the reader learn anew what the place holds', async () => {
  await own.push(log, ada, 1, streamOf(log, ada, 2));
  const page = await pulled(other);
  rmSync(onlyFile(ada));
  expect(await pulled(other, page.cursor)).toMatchObject({ full: true, events: [] });
});

test('a page has a bound and the next page goes on behind it', async () => {
  const events = streamOf(log, ada, 12_000);
  for (let from = 0; from < events.length; from += 1_000)
    await own.push(log, ada, from + 1, events.slice(from, from + 1_000));
  let cursor: string | null = null;
  let count = 0;
  let pages = 0;
  for (let more = true; more; pages += 1) {
    const page: PullPage = await pulled(other, cursor);
    expect(page.full).toBe(pages === 0);
    count += page.events.length;
    ({ cursor, more } = page);
  }
  expect(count).toBe(12_000);
  expect(pages).toBeGreaterThan(1);
  expect(cursor?.length).toBeLessThan(1_000);
});

/** Ways to spoil a folder; each names the problem it must give. The honest segment of bob must come through every time. */
const attacks: readonly (readonly [string, string, () => void])[] = [
  ['half written', 'half-written', () => truncateSync(onlyFile(ada), 300)],
  ['one byte flipped', 'half-written', () => {
    const bytes = readFileSync(onlyFile(ada));
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    writeFileSync(onlyFile(ada), bytes);
  }],
  ['not JSON', 'not-a-segment', () => honestName('1-1', 'hello\n')],
  ['not text', 'not-a-segment', () => honestName('1-1', Buffer.from([0xff, 0xfe, 0x0a]))],
  ['empty', 'half-written', () => honestName('1-1', '')],
  ['a header without its events', 'half-written', () => honestName('1-2', `${header(1, 2)}\n`)],
  ['a header that promises 9e15 events', 'not-a-segment', () => honestName('1-9', `${header(1, 9e15)}\n`)],
  ['an event that is no object', 'not-a-segment', () => honestName('1-1', `${header(1, 1)}\n[1]\n`)],
  ['a line that holds a line feed', 'not-a-segment', () => honestName('1-1', `${header(1, 1)}\n${JSON.stringify({ line: 'a\nb', d: [], sig: '' })}\n`)],
  ['__proto__ as a key', 'not-a-segment', () => honestName('1-1', `${header(1, 1)}\n{"__proto__":{"line":"{}"},"d":[],"sig":""}\n`)],
  ['another range in the name', 'renamed', () => renameSync(onlyFile(ada), join(folderOf(ada), basename(onlyFile(ada)).replace('1-3', '4-6')))],
  ['a name without an end', 'not-a-segment', () => renameSync(onlyFile(ada), join(folderOf(ada), 'segment.jsonl'))],
  ['replayed under another device', 'replayed', () => {
    const target = folderOf(deviceNamed('mallory'));
    mkdirSync(target, { recursive: true });
    renameSync(onlyFile(ada), join(target, basename(onlyFile(ada))));
  }],
  ['events of another stream under a forged header', 'replayed', () => {
    const { bytes, file } = encodeSegment(log, ada, 1, streamOf(log, deviceNamed('mallory'), 3));
    writeFileSync(join(folderOf(ada), file), bytes);
    rmSync(onlyFileBut(file));
  }],
  ['reordered', 'forged', () => {
    const [one, two, three] = streamOf(log, ada, 3);
    if (!one || !two || !three) return;
    const { bytes, file } = encodeSegment(log, ada, 1, [two, one, three]);
    rmSync(onlyFile(ada));
    writeFileSync(join(folderOf(ada), file), bytes);
  }],
  ['too large', 'too-large', () => {
    const name = join(folderOf(ada), `1-1-${'0'.repeat(64)}.jsonl`);
    rmSync(onlyFile(ada));
    writeFileSync(name, '');
    truncateSync(name, maxSegmentBytes + 1);
  }],
  ['a link', 'not-a-file', () => {
    const path = onlyFile(ada);
    const hidden = join(place, 'elsewhere.jsonl');
    renameSync(path, hidden);
    symlinkSync(hidden, path);
  }],
  ['a folder that is a link', 'not-a-file', () => {
    const hidden = join(place, 'elsewhere');
    renameSync(folderOf(ada), hidden);
    symlinkSync(hidden, folderOf(ada));
  }],
  ['a pipe', 'not-a-file', () => {
    const path = onlyFile(ada);
    rmSync(path);
    execFileSync('mkfifo', [path]);
  }],
  ['a folder with the name of a segment', 'not-a-segment', () => {
    const path = onlyFile(ada);
    rmSync(path);
    mkdirSync(path);
  }],
]; // prettier-ignore

const header = (from: number, to: number): string => JSON.stringify({ bw_segment: 1, log, dev: ada, from, to });
const onlyFileBut = (file: string): string =>
  join(folderOf(ada), readdirSync(folderOf(ada)).find((name) => name !== file) ?? '');
/** Replace ada's segment by other bytes under a name that fits them. */
const honestName = (range: string, content: string | Buffer): void => {
  const folder = dirname(onlyFile(ada));
  rmSync(onlyFile(ada));
  writeFileSync(join(folder, `${range}-${createHash('sha256').update(content).digest('hex')}.jsonl`), content);
};

test.each(attacks)('%s is kept apart as %s, and the others continue', async (_, tag, attack) => {
  await own.push(log, ada, 1, streamOf(log, ada, 3));
  await other.push(log, bob, 1, streamOf(log, bob, 2));
  attack();
  const page = await pulled(other);
  expect(problemTags(page)).toEqual([tag]);
  expect(page.events.map(({ line }) => line)).toEqual(streamOf(log, bob, 2).map(({ line }) => line));
  const heads = await other.heads(log);
  expect(heads.ok && heads.value.map(({ dev, seq }) => [dev, seq])).toEqual([[bob, 2]]);
  expect(await other.range(log, ada, 1, 3)).toEqual({ ok: true, value: [] });
});

test('a copy that a sync program is still writing is read when it is whole', async () => {
  await own.push(log, ada, 1, streamOf(log, ada, 3));
  const path = onlyFile(ada);
  const whole = readFileSync(path);
  truncateSync(path, 100);
  const first = await pulled(other);
  expect(problemTags(first)).toEqual(['half-written']);
  writeFileSync(path, whole);
  expect((await pulled(other, first.cursor)).events).toHaveLength(3);
});

test('duplicates under two names are read twice and are the same events', async () => {
  await own.push(log, ada, 1, streamOf(log, ada, 3));
  await other.push(log, ada, 1, streamOf(log, ada, 3));
  const conflict = onlyFile(ada).replace('.jsonl', ' (conflicted copy).jsonl');
  copyFileSync(onlyFile(ada), conflict);
  const page = await pulled(other);
  expect(page.events).toHaveLength(6);
  expect(new Set(page.events.map(({ line }) => line)).size).toBe(3);
  expect(problemTags(page)).toEqual(['not-a-segment']);
});
