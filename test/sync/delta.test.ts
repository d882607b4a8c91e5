import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Statement, Workspace } from '../../main/databricks/port.ts';
import { placeOf, tableDdl } from '../../main/sync/delta-sql.ts';
import { createDeltaTransport, printSql } from '../../main/sync/delta.ts';
import type { PullPage, SharedEvent, Transport } from '../../main/sync/port.ts';
import { startPractice, type Practice } from '../support/practice.ts';
import { deviceNamed, hashOf, orgNamed, roomNamed, streamOf } from './support/lines.ts';
import { connect } from './support/workspace.ts';

let practice: Practice;
let workspace: Workspace;
let count = 0;

beforeAll(async () => {
  practice = await startPractice({ fault: 'none' });
  workspace = connect(practice);
}, 120_000);
afterAll(async () => {
  await workspace.close();
  await practice.close();
});

const [ada, bob] = [deviceNamed('ada'), deviceNamed('bob')];
const log = roomNamed('room');
const org = orgNamed('org');

const statement = (text: string): Statement => ({ name: 'test', text, effect: 'write' });
const run = async (text: string): Promise<readonly Readonly<Record<string, string | null>>[]> => {
  const page = await workspace.warehouse.query(statement(text));
  if (!page.ok) throw new Error(page.error.what);
  return page.value.rows;
};

type Share = {
  readonly place: string;
  readonly events: string;
  readonly transport: Transport;
  readonly other: Transport;
};
const share = async (): Promise<Share> => {
  count += 1;
  const place = `main.share_${String(count)}`;
  const transport = createDeltaTransport(place, workspace.warehouse, randomBytes);
  const made = await transport.init(org);
  if (!made.ok) throw new Error(made.error.what);
  return {
    place,
    events: `${place}.events`,
    transport,
    other: createDeltaTransport(place, workspace.warehouse, randomBytes),
  };
};
/** A round begins by asking who the place is. */
const round = async (transport: Transport, cursor: string | null): Promise<PullPage> => {
  const place = await transport.probe();
  if (!place.ok) throw new Error(place.error.what);
  const page = await transport.pull(log, cursor);
  if (!page.ok) throw new Error(page.error.what);
  return page.value;
};
const push = async (transport: Transport, dev: typeof ada, events: readonly SharedEvent[], from = 1): Promise<void> => {
  const pushed = await transport.push(log, dev, from, events);
  if (!pushed.ok) throw new Error(pushed.error.what);
};
const seqs = (page: PullPage): readonly (number | undefined)[] => page.events.map((event) => event.copies?.seq);

test('a place without backend_id is not set up, and looking creates nothing', async () => {
  const transport = createDeltaTransport('main.nowhere', workspace.warehouse, randomBytes);
  expect(await transport.probe()).toMatchObject({ ok: false, error: { tag: 'ShareNotSetUp' } });
  expect(await transport.pull(log, null)).toMatchObject({ ok: false, error: { tag: 'ShareNotSetUp' } });
  expect((await run('SHOW SCHEMAS IN main')).some((row) => row['databaseName'] === 'nowhere')).toBe(false);
});

test('names that are no catalog and schema are refused before anything is sent', async () => {
  for (const place of ['main', 'main.a.b', "main.x' OR 1=1", 'main.`a`', '', 'main.a b'])
    expect(await createDeltaTransport(place, workspace.warehouse, randomBytes).init(org)).toMatchObject({ ok: false, error: { tag: 'ShareNotSetUp' } }); // prettier-ignore
});

test('init makes the tables once; a second init finds them; another organisation is refused', async () => {
  const { transport, other, events } = await share();
  const [first, second] = [await transport.probe(), await other.init(org)];
  expect(first.ok && second.ok && first.value.backendId === second.value.backendId).toBe(true);
  expect(await other.init(orgNamed('other'))).toMatchObject({ ok: false, error: { tag: 'ShareReplaced' } });
  const properties = new Map((await run(`SHOW TBLPROPERTIES ${events}`)).map((row) => [row['key'], row['value']]));
  expect(properties.get('delta.appendOnly')).toBe('true');
  expect(properties.get('delta.dataSkippingStatsColumns')).toBe('log_id,device_id,seq');
  expect(properties.get('delta.logRetentionDuration')).toBe('interval 365 days');
});

test('the SQL for an administrator makes the same share, with grants and undo', async () => {
  const printed = printSql('main.by_hand', org, randomBytes);
  if (!printed.ok) throw new Error(printed.error.what);
  expect(printed.value).toContain('GRANT SELECT, MODIFY ON TABLE `main`.`by_hand`.`events`');
  expect(printed.value).toContain('-- DROP TABLE IF EXISTS `main`.`by_hand`.`events`;');
  for (const text of printed.value.replace(/^--.*$/gm, '').split(';\n')) if (text.trim() !== '') await run(text.trim());
  expect(await createDeltaTransport('main.by_hand', workspace.warehouse, randomBytes).probe()).toMatchObject({ ok: true, value: { org } }); // prettier-ignore
});

test('what was pushed comes back byte for byte, with the copies beside it, once', async () => {
  const { transport, other } = await share();
  const odd: SharedEvent = {
    line: streamOf(log, bob, 1)[0]?.line ?? '',
    d: ['b64\\"\n', "it's ${x} :y ☃"],
    sig: 'sig',
  };
  await push(transport, ada, streamOf(log, ada, 3));
  await push(other, bob, [odd]);
  const page = await round(other, null);
  expect(page).toMatchObject({ full: true, more: false });
  expect(page.events.map(({ line }) => line)).toEqual([...streamOf(log, ada, 3), odd].map(({ line }) => line));
  expect(page.events[3]).toMatchObject({ d: odd.d, copies: { log, dev: bob, seq: 1, hash: hashOf(odd.line) } });
  expect(await round(other, page.cursor)).toMatchObject({ events: [], full: false, cursor: page.cursor });
  await push(transport, ada, streamOf(log, ada, 4).slice(3), 4);
  expect(seqs(await round(other, page.cursor))).toEqual([4]);
  expect((await run(`SELECT pushed_by, pushed_at IS NOT NULL AS at FROM main.share_${String(count)}.events LIMIT 1`))[0]).toMatchObject({ pushed_by: expect.stringContaining('@') as string, at: 'true' }); // prettier-ignore
});

test('rows of other logs stay out; heads and ranges tell what is there', async () => {
  const { transport } = await share();
  await push(transport, ada, streamOf(log, ada, 6));
  const elsewhere = roomNamed('elsewhere');
  await transport.push(elsewhere, ada, 1, streamOf(elsewhere, ada, 2));
  await push(transport, ada, streamOf(log, ada, 9).slice(7), 8);
  expect(seqs(await round(transport, null))).toEqual([1, 2, 3, 4, 5, 6, 8, 9]);
  expect(await transport.heads(log)).toEqual({ ok: true, value: [{ dev: ada, seq: 9, count: 8, hash: hashOf(streamOf(log, ada, 9)[8]?.line ?? '') }] }); // prettier-ignore
  const range = await transport.range(log, ada, 5, 8);
  expect(range.ok && range.value.map((event) => event.copies?.seq)).toEqual([5, 6, 8]);
});

test('a page ends inside one commit and the next goes on behind it', async () => {
  const { transport } = await share();
  const events = streamOf(log, ada, 2_300);
  await push(transport, ada, events);
  await push(transport, bob, streamOf(log, bob, 10));
  const seen: string[] = [];
  let cursor: string | null = null;
  let pages = 0;
  for (let more = true; more; pages += 1) {
    const page: PullPage = await round(transport, cursor);
    seen.push(...page.events.map(({ line }) => line));
    ({ cursor, more } = page);
  }
  expect(pages).toBe(2);
  expect(seen).toEqual([...events, ...streamOf(log, bob, 10)].map(({ line }) => line));
});

test('OPTIMIZE changes nothing; duplicates are read as what they are', async () => {
  const { transport, events } = await share();
  await push(transport, ada, streamOf(log, ada, 3));
  const page = await round(transport, null);
  await run(`OPTIMIZE ${events}`);
  expect(await round(transport, page.cursor)).toMatchObject({ events: [], full: false });
  await push(transport, ada, streamOf(log, ada, 3));
  expect(seqs(await round(transport, page.cursor))).toEqual([1, 2, 3]);
  expect(await transport.heads(log)).toMatchObject({ ok: true, value: [{ seq: 3, count: 3 }] });
});

test('RESTORE is seen in the history, there and back, and everything is read again', async () => {
  const { transport, events } = await share();
  await push(transport, ada, streamOf(log, ada, 2));
  const before = Number((await run(`DESCRIBE HISTORY ${events} LIMIT 1`))[0]?.['version']);
  await push(transport, ada, streamOf(log, ada, 4).slice(2), 3);
  const first = await round(transport, null);
  expect(seqs(first)).toEqual([1, 2, 3, 4]);
  await run(`RESTORE TABLE ${events} TO VERSION AS OF ${String(before)}`);
  const restored = await round(transport, first.cursor);
  expect(restored.full).toBe(true);
  expect(seqs(restored)).toEqual([1, 2]);
  await run(`RESTORE TABLE ${events} TO VERSION AS OF ${String(before + 1)}`);
  const back = await round(transport, restored.cursor);
  // The rows that came back kept their old numbers, below the watermark.
  expect(back.full).toBe(true);
  expect(seqs(back)).toEqual([1, 2, 3, 4]);
  expect(await round(transport, back.cursor)).toMatchObject({ events: [], full: false });
});

test('DROP + CREATE is another incarnation: the old cursor is worth nothing', async () => {
  const { transport, place, events } = await share();
  await push(transport, ada, streamOf(log, ada, 2));
  const page = await round(transport, null);
  const old = await transport.probe();
  await run(`DROP TABLE ${events}`);
  expect(await transport.probe()).toMatchObject({ ok: false, error: { tag: 'ShareNotSetUp' } });
  const printed = printSql(place, org, randomBytes);
  const create = printed.ok ? /CREATE TABLE IF NOT EXISTS [^;]+/.exec(printed.value)?.[0] : undefined;
  await run(create ?? '');
  const fresh = await transport.probe();
  expect(old.ok && fresh.ok && old.value.backendId === fresh.value.backendId).toBe(true);
  expect(old.ok && fresh.ok && old.value.incarnation !== fresh.value.incarnation).toBe(true);
  expect(await round(transport, page.cursor)).toMatchObject({ full: true, events: [] });
  await push(transport, ada, streamOf(log, ada, 2));
  expect(seqs(await round(transport, page.cursor))).toEqual([1, 2]);
});

test('without row tracking the change feed is read, and when it ends the whole log', async () => {
  const { transport, other, events } = await share();
  await run(`ALTER TABLE ${events} SET TBLPROPERTIES ('delta.enableRowTracking' = 'false')`);
  await push(other, ada, streamOf(log, ada, 1_500));
  let page = await round(transport, null);
  const seen = [...page.events];
  expect(page).toMatchObject({ full: true, more: true });
  await push(other, bob, streamOf(log, bob, 2));
  while (page.more) {
    page = await round(transport, page.cursor);
    seen.push(...page.events);
  }
  expect(new Set(seen.map(({ line }) => line)).size).toBe(1_502);
  await push(other, bob, streamOf(log, bob, 3).slice(2), 3);
  const next = await round(transport, page.cursor);
  expect(next.full).toBe(false);
  expect(next.events.map(({ line }) => line)).toContain(streamOf(log, bob, 3)[2]?.line);
  await run(`ALTER TABLE ${events} SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false')`);
  await push(other, bob, streamOf(log, bob, 4).slice(3), 4);
  const whole = await round(transport, next.cursor);
  expect(whole.full).toBe(true);
});

test('answers that are reordered, mistyped or short never move the watermark past an event', async () => {
  const { transport, other } = await share();
  await push(other, ada, streamOf(log, ada, 4));
  for (const kind of ['reordered', 'mistyped']) {
    await practice.control({ result: { kind, pattern: 'row_commit_version', count: 1 } });
    await transport.probe();
    expect(await transport.pull(log, null)).toMatchObject({ ok: false, error: { tag: 'ShareBroken' } });
  }
  expect(seqs(await round(transport, null))).toEqual([1, 2, 3, 4]);
});

test('a lost reply of a push says so; the row is there', async () => {
  const { transport } = await share();
  await practice.control({ loseReply: { pattern: 'INSERT', count: 1 } });
  const pushed = await transport.push(log, ada, 1, streamOf(log, ada, 2));
  expect(pushed).toMatchObject({ ok: false, error: { lost: true } });
  expect(await transport.heads(log)).toMatchObject({ ok: true, value: [{ seq: 2 }] });
});

test('the table definitions in resources are the ones that are sent', () => {
  const place = placeOf('catalog.schema');
  const file = readFileSync(join(import.meta.dirname, '../../resources/sql/share.sql'), 'utf8');
  const statements = file.replace(/^--.*\n/gm, '').trim().replace(/;$/, '').split(';\n'); // prettier-ignore
  expect(place && tableDdl(place).map(({ text }) => text)).toEqual(statements);
});
