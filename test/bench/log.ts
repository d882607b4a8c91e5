// The log: pulled events applied with verification and disclosures, durable writes against the bare binding, first room on
// a big log. Two profiles in temporary folders; the writer's events are handed to the reader as a transport would.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ok } from '../../shared/base/result.ts';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import { handOpenedLog } from '../../main/log/ids.ts';
import { openEventLog, type OpenLog } from '../../main/log/open.ts';
import { createOrg } from '../../main/log/org.ts';
import type { EventDraft, WireEvent } from '../../main/log/port.ts';
import * as views from '../../main/log/views.ts';
import { openProfile, type Profile } from '../../main/store/profile.ts';
import { clock, type Figure, median, percentile, random } from './seams.ts';

const events = 100_000;
const writes = 1_500;

type Opened = { readonly profile: Profile; readonly open: OpenLog };
const openAt = (folder: string): Opened => {
  const profile = openProfile(folder, { clock, log: () => undefined });
  if (!profile.ok) throw new Error(profile.error.what);
  const open = openEventLog(profile.value, { clock, app: 'bench', log: () => undefined });
  if (!open.ok) throw new Error(open.error.what);
  return { profile: profile.value, open: open.value };
};
const must = <T>(result: { ok: true; value: T } | { ok: false; error: { what: string } }): T => {
  if (!result.ok) throw new Error(result.error.what);
  return result.value;
};

const note = (n: number): EventDraft => ({
  type: 'note.added',
  fields: {
    text: `note ${n}: nulls begin with the first run after the change, about ${n % 97} per cent of rows in the feature table`,
    happened_at: new Date(1_790_000_000_000 + n * 1000).toISOString(),
  },
});

/** Fill a room in batches; the person who may. */
const fill = ({ profile, open }: Opened, log: LogId, count: number): ActorId => {
  const { person } = must(profile.store.transaction((db) => createOrg(db, open.context, { name: 'Bench' })));
  const first: EventDraft = {
    type: 'incident.opened',
    fields: { title: 'Bench', class: 'data-quality', severity: 'SEV3', how: 'hand', signals: [] },
  };
  must(profile.store.transaction((db) => open.log.append(db, log, person, [first])));
  for (let n = 0; n < count; n += 1000) {
    const drafts = Array.from({ length: Math.min(1000, count - n) }, (_, at) => note(n + at));
    must(profile.store.transaction((db) => open.log.append(db, log, person, drafts)));
  }
  return person;
};

const wires = ({ profile, open }: Opened, log: LogId): readonly WireEvent[] =>
  open.log
    .heads(profile.store.read, log)
    .flatMap((head) => open.log.read(profile.store.read, log, head.dev, 1, head.seq));

/** What SQLite itself takes for a row of the same size, committed one by one with the same settings. */
const rawWrites = (folder: string): number[] => {
  const db = new Database(join(folder, 'raw.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('create table t (id integer primary key, line text, d text, sig text) strict');
  const insert = db.prepare('insert into t (line, d, sig) values (?, ?, ?)');
  const times: number[] = [];
  for (let n = 0; n < writes; n += 1) {
    const at = performance.now();
    insert.run('x'.repeat(620), 'y'.repeat(380), 'z'.repeat(88));
    times.push(performance.now() - at);
  }
  db.close();
  return times;
};

export const logFigures = async (): Promise<readonly Figure[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-bench-'));
  const writer = openAt(join(folder, 'writer'));
  const log = handOpenedLog(clock.now(), random);
  const person = fill(writer, log, events);
  const org = writer.open.log.logs(writer.profile.store.read).find((id) => id.startsWith('org:'));
  if (org === undefined) throw new Error('no organisation');

  const reader = openAt(join(folder, 'reader'));
  const take = (batch: readonly WireEvent[]): number =>
    must(reader.profile.store.transaction((db) => ok(reader.open.log.intake(db, batch, 'bench').applied)));
  take(wires(writer, org));
  const pulled = wires(writer, log);
  const started = performance.now();
  let applied = 0;
  for (let n = 0; n < pulled.length; n += 2000) applied += take(pulled.slice(n, n + 2000));
  const applySeconds = (performance.now() - started) / 1000;
  if (applied !== pulled.length) throw new Error(`${applied} of ${pulled.length} applied`);

  const durable: number[] = [];
  for (let n = 0; n < writes; n += 1) {
    const at = performance.now();
    must(writer.profile.store.transaction((db) => writer.open.log.append(db, log, person, [note(n)])));
    durable.push(performance.now() - at);
  }
  const raw = rawWrites(folder);

  // A new process would have an empty statement cache and page cache of its own: close and open again.
  reader.open.close();
  reader.profile.close();
  const again = openAt(join(folder, 'reader'));
  const roomStarted = performance.now();
  const header = views.roomHeader(again.profile.store.read, log);
  const page = views.entriesPage(again.profile.store.read, { log, order: 'happened', limit: 100 });
  const roomMs = performance.now() - roomStarted;
  if (header === null || page.rows.length !== 100) throw new Error('no room');

  again.open.close();
  again.profile.close();
  writer.open.close();
  writer.profile.close();
  rmSync(folder, { recursive: true, force: true });
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return [
    {
      name: 'apply pulled events, verified, with disclosures',
      value: Math.round(applied / applySeconds),
      unit: 'events/s',
      aim: '≥ 12,000',
    },
    { name: 'durable write, one act', value: Math.round((writes * 1000) / sum(durable)), unit: 'writes/s', aim: '' },
    {
      name: 'raw binding, one row, same run',
      value: Math.round((writes * 1000) / sum(raw)),
      unit: 'writes/s',
      aim: '',
    },
    {
      name: 'durable write against the raw binding',
      value: Number((sum(raw) / sum(durable)).toFixed(2)),
      unit: '×',
      aim: '',
    },
    { name: 'durable write, median', value: Number(median(durable).toFixed(2)), unit: 'ms', aim: '' },
    { name: 'durable write, p99', value: Number(percentile(durable, 99).toFixed(2)), unit: 'ms', aim: '< 5' },
    {
      name: `first room on ${events.toLocaleString('en')} events`,
      value: Number(roomMs.toFixed(1)),
      unit: 'ms',
      aim: '≤ 150',
    },
  ];
};
