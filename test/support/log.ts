import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../../shared/base/failure.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import type { ActorId, DeviceId, EventHash, LogId } from '../../shared/domain/ids.ts';
import type { Role } from '../../shared/domain/policy.ts';
import { handOpenedLog } from '../../main/log/ids.ts';
import { openEventLog, type OpenLog, type OpenLogDeps } from '../../main/log/open.ts';
import { admit, createOrg, joinOrg } from '../../main/log/org.ts';
import type { EventDraft, IntakeReport, WireEvent } from '../../main/log/port.ts';
import type { ReadableDb, WritableDb } from '../../main/store/port.ts';
import { openProfile, type Profile } from '../../main/store/profile.ts';

/** Value of a result that a test expects to be Ok; the failure is in the message otherwise. */
export const must = <T>(result: Result<T, Failure>): T => {
  if (!result.ok) throw new Error(`expected ok: ${JSON.stringify(result.error)}`);
  return result.value;
};

/** A clock that moves only when told. */
export type TestClock = { now: () => number; set: (ms: number) => void; tick: (ms?: number) => void };
export const testClock = (start = Date.UTC(2026, 10, 24, 3, 12)): TestClock => {
  let now = start;
  return {
    now: () => now,
    set: (ms) => {
      now = ms;
    },
    tick: (ms = 1000) => {
      now += ms;
    },
  };
};

/** Folders that are removed by `cleanUp` (call it in afterAll). */
const folders: string[] = [];
const open: { close: () => void }[] = [];
export const tempFolder = (name = 'bw'): string => {
  const folder = mkdtempSync(join(tmpdir(), `breakwater-${name}-`));
  folders.push(folder);
  return folder;
};
export const cleanUp = (): void => {
  for (const opened of open.splice(0)) opened.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};

/** One device of a test: a real profile folder with a real database. */
export type TestDevice = OpenLog & {
  readonly dir: string;
  readonly profile: Profile;
  readonly clock: TestClock;
  readonly db: ReadableDb;
  readonly id: DeviceId;
  person: ActorId;
  org: LogId;
  /** Run in one transaction; throws when it fails. */
  readonly act: <T>(work: (db: WritableDb) => Result<T, Failure>) => T;
  /** Append; the hashes. */
  readonly say: (log: LogId, ...drafts: EventDraft[]) => readonly EventHash[];
  readonly take: (events: readonly unknown[], from?: string) => IntakeReport;
  readonly quit: () => void;
};

export const openDevice = (
  dir: string,
  clock: TestClock = testClock(),
  more: Partial<OpenLogDeps> = {},
): TestDevice => {
  const profile = must(openProfile(dir, { clock, log: () => undefined }));
  const opened = must(openEventLog(profile, { clock, app: 'breakwater test', log: () => undefined, ...more }));
  let closed = false;
  const act: TestDevice['act'] = (work) => must(profile.store.transaction(work));
  const device: TestDevice = {
    ...opened,
    dir,
    profile,
    clock,
    db: profile.store.read,
    get id() {
      return opened.log.device.id;
    },
    person: `p_${'0'.repeat(32)}` as ActorId,
    org: `org:${'0'.repeat(32)}` as LogId,
    act,
    say: (log, ...drafts) => act((db) => opened.log.append(db, log, device.person, drafts)).map(({ hash }) => hash),
    take: (events, from = 'test') => act((db) => ok(opened.log.intake(db, events as readonly WireEvent[], from))),
    quit: () => {
      if (closed) return;
      closed = true;
      opened.close();
      profile.close();
    },
  };
  open.push({ close: device.quit });
  return device;
};

export const newDevice = (name: string, clock?: TestClock, more?: Partial<OpenLogDeps>): TestDevice =>
  openDevice(tempFolder(name), clock, more);

/** Everything of a log that a device holds, stream by stream. */
export const everything = (device: TestDevice, log: LogId): readonly WireEvent[] =>
  device.log.heads(device.db, log).flatMap(({ dev, seq }) => device.log.read(device.db, log, dev, 1, seq));

/** One way: `to` takes what `from` holds and it does not (or of one log). */
export const deliver = (from: TestDevice, to: TestDevice, only?: LogId): void => {
  const logs = only === undefined ? from.log.logs(from.db) : [only];
  const orgsFirst = logs.toSorted((a, b) => Number(b.startsWith('org:')) - Number(a.startsWith('org:')));
  for (const log of orgsFirst) {
    const here = new Map(to.log.heads(to.db, log).map(({ dev, seq }) => [dev, seq]));
    const news = from.log
      .heads(from.db, log)
      .flatMap(({ dev, seq }) => from.log.read(from.db, log, dev, (here.get(dev) ?? 0) + 1, seq));
    if (news.length > 0) to.take(news);
  }
};

/** All devices exchange until everybody holds everything. */
export const converge = (...devices: readonly TestDevice[]): void => {
  for (let round = 0; round < 2; round += 1) {
    for (const from of devices) for (const to of devices) if (from !== to) deliver(from, to);
  }
};

export const found = (device: TestDevice, name = 'Ada'): LogId => {
  const { org, person } = device.act((db) => createOrg(db, device.context, { name }));
  Object.assign(device, { org, person });
  return org;
};

/** Let `newcomer` join the organisation of `host` with these roles (none = pending and without roles). */
export const welcome = (host: TestDevice, newcomer: TestDevice, name: string, roles: readonly Role[]): void => {
  deliver(host, newcomer, host.org);
  const { person } = newcomer.act((db) => joinOrg(db, newcomer.context, host.org, { name }));
  Object.assign(newcomer, { org: host.org, person });
  deliver(newcomer, host, host.org);
  if (roles.length === 0) return;
  host.act((db) => admit(db, host.context, host.org, host.person, { dev: newcomer.id, person, how: 'person', roles }));
  deliver(host, newcomer, host.org);
};

export const opening = (title = 'Daily features failed', more: Partial<EventDraft['fields']> = {}): EventDraft => ({
  type: 'incident.opened',
  fields: { title, class: 'platform', severity: 'SEV3', how: 'hand', signals: [], ...more } as EventDraft['fields'],
});

export const openRoom = (device: TestDevice, title?: string): LogId => {
  const log = handOpenedLog(device.clock.now());
  device.say(log, opening(title));
  return log;
};

export const everyRole: readonly Role[] = ['viewer', 'responder', 'commander', 'approver', 'dpo', 'admin'];

/** A founder and others with all roles, one room that all of them hold. Clocks are their own. */
export const team = (size: number): { readonly devices: readonly TestDevice[]; readonly room: LogId } => {
  const names = ['Ada', 'Bob', 'Cleo', 'Dan', 'Eve'];
  const devices = Array.from({ length: size }, (_, index) => newDevice(names[index] ?? `d${index}`));
  const [host, ...others] = devices;
  if (!host) throw new Error('a team needs somebody');
  found(host);
  others.forEach((other, index) => {
    welcome(host, other, names[index + 1] ?? `Person ${index}`, everyRole);
  });
  const room = openRoom(host);
  converge(...devices);
  return { devices, room };
};
