import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../../shared/base/failure.ts';
import type { JsonValue } from '../../shared/base/json.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { EventType } from '../../shared/domain/event-types.ts';
import type { ActorId, EventHash, LogId } from '../../shared/domain/ids.ts';
import { exportPack, type PackDeps, type PackDone, type PackRequest } from '../../main/evidence/export-pack.ts';
import { openBlobs } from '../../main/log/blobs.ts';
import { handOpenedLog } from '../../main/log/ids.ts';
import { openEventLog, type OpenLog } from '../../main/log/open.ts';
import { admit, createOrg, joinOrg } from '../../main/log/org.ts';
import type { EventDraft, WireEvent } from '../../main/log/port.ts';
import { views } from '../../main/log/views.ts';
import { openProfile, type Profile } from '../../main/store/profile.ts';

/** A device with a room, for tests of packs: the real store and the real log in a folder of its own. */
export type PackDevice = {
  readonly dir: string;
  readonly profile: Profile;
  readonly open: OpenLog;
  readonly person: ActorId;
  readonly org: LogId;
  readonly blobs: ReturnType<typeof openBlobs>;
  readonly clock: { now: () => number; tick: (ms: number) => void };
  readonly write: (log: LogId, drafts: readonly EventDraft[]) => readonly { hash: EventHash; seq: number }[];
  readonly close: () => void;
};

export const unwrap = <T>(result: Result<T, Failure>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

const start = Date.parse('2026-03-02T08:00:00.000Z');

export const openDevice = (
  name: string,
  join_?: { org: LogId },
  dir = mkdtempSync(join(tmpdir(), 'pack-test-')),
  layout: 'profile-below' | 'profile-is-folder' = 'profile-below',
): PackDevice => {
  let at = start;
  const clock = {
    now: () => (at += 1),
    tick: (ms: number) => {
      at += ms;
    },
  };
  const profile = unwrap(
    openProfile(layout === 'profile-below' ? join(dir, 'profile') : dir, { clock, log: () => undefined }),
  );
  const open = unwrap(openEventLog(profile, { clock, app: 'breakwater test', log: () => undefined }));
  const member = unwrap(
    profile.store.transaction((db) =>
      join_
        ? joinOrg(db, open.context, join_.org, { name, email: `${name}@example.test`, label: `${name}-laptop` })
        : createOrg(db, open.context, { name, email: `${name}@example.test`, label: `${name}-laptop` }),
    ),
  );
  return {
    dir,
    profile,
    open,
    ...member,
    blobs: openBlobs(profile.paths.blobs),
    clock,
    write: (log, drafts) => unwrap(profile.store.transaction((db) => open.log.append(db, log, member.person, drafts))),
    close: () => {
      open.close();
      profile.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** Everything one device has, taken in by the other. */
export const carry = (from: PackDevice, to: PackDevice): void => {
  const db = from.profile.store.read;
  const events: WireEvent[] = [];
  for (const log of from.open.log.logs(db))
    for (const head of from.open.log.heads(db, log)) events.push(...from.open.log.read(db, log, head.dev, 1, head.seq));
  unwrap(to.profile.store.transaction((writable) => ok(to.open.log.intake(writable, events, from.dir))));
};

export const admitDevice = (by: PackDevice, whom: PackDevice): void => {
  unwrap(
    by.profile.store.transaction((db) =>
      admit(db, by.open.context, by.org, by.person, {
        dev: whom.open.log.device.id, person: whom.person, how: 'person', roles: ['responder', 'commander'],
      }),
    ),
  ); // prettier-ignore
};

export const draft = (type: EventType, fields: Record<string, JsonValue>, over?: readonly EventHash[]): EventDraft =>
  over ? { type, fields, over } : { type, fields };

export const openRoom = (device: PackDevice, title = 'Revenue forecast is wrong'): LogId => {
  const room = handOpenedLog(device.clock.now());
  device.write(room, [
    draft('incident.opened', {
      title, class: 'data-quality', severity: 'SEV2', how: 'hand', signals: [],
      started_at: '2026-03-02T06:00:00.000Z', detected_at: '2026-03-02T07:30:00.000Z',
    }),
  ]); // prettier-ignore
  return room;
};

export const packDeps = (device: PackDevice): PackDeps => ({
  store: device.profile.store,
  log: device.open.log,
  views,
  blobPath: device.blobs.path,
  clock: device.clock,
  scratch: device.dir,
  agent: 'Breakwater 0.1.0',
});

export const packRoom = async (device: PackDevice, room: LogId, more: Partial<PackRequest> = {}): Promise<PackDone> =>
  unwrap(
    await exportPack(packDeps(device), {
      room,
      actor: device.person,
      file: join(device.dir, 'pack.zip'),
      purpose: 'test',
      ...more,
    }),
  );

/** A full room: two devices, one not attested at first, notes, decision, task, handover, citations, an attachment. */
export const fullRoom = async (): Promise<{ alice: PackDevice; bob: PackDevice; room: LogId; close: () => void }> => {
  const alice = openDevice('Alice Ämter');
  const bob = openDevice('Bob', { org: alice.org });
  const room = openRoom(alice);
  carry(bob, alice);
  admitDevice(alice, bob);
  carry(alice, bob);
  const note = alice.write(room, [
    draft('note.added', { text: '=HYPERLINK("http://x","<b>first</b> note")\nsecond line' }),
  ])[0];
  alice.write(room, [draft('note.edited', { note: note?.hash ?? '', text: '<script>alert(1)</script> & edited' })]);
  bob.write(room, [draft('severity.set', { severity: 'SEV1', reason: 'more customers' })]);
  alice.write(room, [draft('severity.set', { severity: 'SEV3', reason: 'fewer customers' })]);
  const [decision] = alice.write(room, [
    draft('decision.recorded', {
      title: 'Roll back', options: ['Roll back', 'Wait'], choice: 'Roll back', reason: 'known good version', dissent: 'Bob would wait',
      expires_at: '2026-03-03T08:00:00.000Z',
    }),
  ]); // prettier-ignore
  alice.write(room, [draft('decision.withdrawn', { decision: decision?.hash ?? '', reason: 'not needed' })]);
  const [task] = bob.write(room, [draft('task.added', { text: 'check the job', assignee: alice.person })]);
  bob.write(room, [draft('task.done', { task: task?.hash ?? '', outcome: 'fine' })]);
  alice.write(room, [
    draft('handoff.offered', { subject: 'question', text: 'who owns it?', from: alice.person, to: 'Platform team' }),
  ]);
  const blob = unwrap(await alice.blobs.put(Buffer.from('col_a,col_b\n1,2\n'), 'text/csv'));
  alice.write(room, [draft('attachment.added', { name: '../evil\u202ename.csv', blob })]);
  const absent = createHash('sha256').update('never here').digest('hex');
  bob.write(room, [
    draft('attachment.added', { name: 'elsewhere.bin', blob: { sha256: absent, size: 10, media: 'x/y' } }),
  ]);
  carry(alice, bob);
  carry(bob, alice);
  const close = (): void => {
    alice.close();
    bob.close();
  };
  return { alice, bob, room, close };
};

export const citation = (n: number, kind = 'audit'): EventDraft =>
  draft('fact.cited', {
    fact_id: `${kind}|ws1|${n}`, kind, source: 'system.access.audit', happened_at: '2026-03-02T07:00:00.000Z',
    observed_at: '2026-03-02T07:40:00.000Z', assets: ['table|ms1|main.sales.orders'], snapshot: { action: 'getTable', n },
  }); // prettier-ignore
