import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ActorId, LogId } from '../../shared/domain/ids.ts';
import { joinOrg, ownOrgLog, revokeDevice } from '../../main/log/org.ts';
import { devices, entriesPage, people, pendingJoins, roomHeader, rolesOf } from '../../main/log/views.ts';
import {
  cleanUp,
  converge,
  deliver,
  everyRole,
  everything,
  found,
  newDevice,
  openDevice,
  openRoom,
  team,
  welcome,
  type TestDevice,
} from '../support/log.ts';

afterAll(cleanUp);
const notes = (device: TestDevice, log: LogId): readonly (readonly [unknown, string | null])[] =>
  entriesPage(device.db, { log, order: 'recorded', limit: 100 })
    .rows.filter(({ type }) => type === 'note.added')
    .map(({ fields, reason }) => [fields['text'], reason] as const)
    .toReversed();

describe('an organisation', () => {
  test('is bound to its founder, who holds all roles; each is a grant that events name', () => {
    const a = newDevice('a');
    const org = found(a);
    expect(org).toBe(ownOrgLog(a.id));
    expect(
      rolesOf(a.db, org, a.person)
        .map(({ role }) => role)
        .sort(),
    ).toEqual([...everyRole].sort());
    expect(devices(a.db, org)).toEqual([expect.objectContaining({ dev: a.id, state: 'attested', how: 'founder' })]);
    const room = openRoom(a);
    expect(roomHeader(a.db, room)?.openedBy).toEqual({ actor: a.person, dev: a.id, attested: true });
    const opened = JSON.parse(everything(a, room)[1]?.line ?? '') as { c: { auth: string } };
    expect(rolesOf(a.db, org, a.person).map(({ grant }) => grant)).toContain(opened.c.auth);
    const opening = JSON.parse(everything(a, room)[0]?.line ?? '') as { c: { org: string[] } };
    expect(opening.c.org).toHaveLength(1);
  });

  test('whoever was not admitted is heard without effect, and is taken seriously from the grant on', () => {
    const [a, b] = [newDevice('a'), newDevice('b')];
    found(a);
    welcome(a, b, 'Bob', []);
    const room = openRoom(a);
    deliver(a, b);
    expect(pendingJoins(a.db, a.org).map(({ dev }) => dev)).toEqual([b.id]);
    b.say(room, { type: 'note.added', fields: { text: 'too early' } });
    b.say(room, { type: 'severity.set', fields: { severity: 'SEV1' } });
    converge(a, b);
    a.say(a.org, { type: 'device.confirmed', fields: { dev: b.id, person: b.person, how: 'person' } });
    a.say(a.org, { type: 'role.granted', fields: { person: b.person, role: 'responder' } });
    converge(a, b);
    b.say(room, { type: 'note.added', fields: { text: 'now' } });
    b.say(room, { type: 'severity.set', fields: { severity: 'SEV2' } });
    converge(a, b);
    for (const device of [a, b]) {
      expect(notes(device, room)).toEqual([
        ['too early', 'no-grant'],
        ['now', null],
      ]);
      expect(roomHeader(device.db, room)?.severity.value).toBe('SEV3');
      expect(people(device.db, a.org).find(({ person }) => person === b.person)?.attested).toBe(true);
    }
  });

  test('a device that claims to be somebody else has no effect and does not rename her', () => {
    const { devices: [a, b], room } = team(2); // prettier-ignore
    if (!a || !b) throw new Error('two');
    const liar = newDevice('liar');
    deliver(a, liar);
    liar.act((db) => joinOrg(db, liar.context, a.org, { name: 'Impostor', person: b.person }));
    Object.assign(liar, { org: a.org, person: b.person });
    liar.say(room, { type: 'note.added', fields: { text: 'I am Bob' } });
    converge(a, b, liar);
    for (const device of [a, b, liar]) {
      expect(notes(device, room)).toEqual([['I am Bob', 'not-attested']]);
      const name = people(device.db, a.org).find(({ person }) => person === b.person)?.name;
      expect([name?.value, name?.conflict]).toEqual(['Bob', []]);
    }
  });

  test('nobody without the admin role makes admins; a grant runs out', () => {
    const a = newDevice('a');
    const b = newDevice('b', a.clock);
    found(a);
    welcome(a, b, 'Bob', ['responder']);
    const evil = `p_${'e'.repeat(32)}` as ActorId;
    b.say(a.org, { type: 'role.granted', fields: { person: evil, role: 'admin' } });
    const room = openRoom(a);
    a.clock.tick();
    const expires = new Date(a.clock.now() + 60_000).toISOString();
    a.say(a.org, { type: 'role.granted', fields: { person: b.person, role: 'commander', expires_at: expires } });
    converge(a, b);
    expect(rolesOf(a.db, a.org, evil)).toEqual([]);
    b.say(room, { type: 'phase.set', fields: { phase: 'root-cause' } });
    a.clock.tick(120_000);
    b.say(room, { type: 'phase.set', fields: { phase: 'learning' } });
    converge(a, b);
    for (const device of [a, b]) expect(roomHeader(device.db, room)?.phase.value).toBe('root-cause');
    expect(rolesOf(a.db, a.org, b.person, new Date(a.clock.now()).toISOString()).map(({ role }) => role)).toEqual([
      'responder',
    ]);
  });

  test('two devices that revoke each other while apart are both revoked, in any order of arrival', () => {
    const { devices: [a, b, c], room } = team(3); // prettier-ignore
    if (!a || !b || !c) throw new Error('three');
    b.act((db) => revokeDevice(db, b.context, a.org, b.person, c.id));
    c.act((db) => revokeDevice(db, c.context, a.org, c.person, b.id));
    b.say(room, { type: 'note.added', fields: { text: 'b goes on' } });
    c.say(room, { type: 'note.added', fields: { text: 'c goes on' } });
    converge(a, b, c);
    for (const device of [a, b, c]) {
      const state = (dev: string) => devices(device.db, a.org).find((row) => row.dev === dev)?.state;
      expect([state(a.id), state(b.id), state(c.id)]).toEqual(['attested', 'revoked', 'revoked']);
      expect(notes(device, room).map(([, reason]) => reason)).toEqual(['device-revoked', 'device-revoked']);
    }
    const stranger = newDevice('stranger');
    stranger.take(everything(a, a.org).toReversed());
    stranger.take(everything(a, room));
    expect(stranger.log.projectionDigest(stranger.db, room)).toBe(a.log.projectionDigest(a.db, room));
    expect(stranger.log.projectionDigest(stranger.db, a.org)).toBe(a.log.projectionDigest(a.db, a.org));
  });
});

describe('the device key', () => {
  test('stays over restarts; the file is private and holds two PKCS#8 keys', () => {
    const a = newDevice('a');
    const { id, dir } = a;
    a.quit();
    expect(readFileSync(join(dir, 'device.key'), 'utf8').match(/BEGIN PRIVATE KEY/g)).toHaveLength(2);
    const again = openDevice(dir);
    expect([again.id, again.newKey]).toEqual([id, null]);
  });

  test('a database that is older than epoch was restored: new key, the old one vouches, its person can go on', () => {
    const a = newDevice('a');
    found(a);
    const room = openRoom(a);
    const { dir, id, org, person } = a;
    const epoch = Number(readFileSync(join(dir, 'epoch'), 'utf8'));
    a.quit();
    writeFileSync(join(dir, 'epoch'), `${String(epoch + 3).padStart(16, '0')}\n`);
    const restored = openDevice(dir);
    Object.assign(restored, { org, person });
    expect(restored.newKey).toBe('database-behind');
    expect(restored.id).not.toBe(id);
    expect(readFileSync(join(dir, 'retired', `${id}.key`), 'utf8')).toContain('PRIVATE KEY');
    restored.say(room, { type: 'note.added', fields: { text: 'still me' } });
    expect(notes(restored, room)).toEqual([['still me', null]]);
    expect(devices(restored.db, org).find(({ dev }) => dev === restored.id)).toEqual(
      expect.objectContaining({ state: 'attested', how: 'succession', person }),
    );
    const reader = newDevice('reader');
    reader.take(everything(restored, org));
    reader.take(everything(restored, room));
    expect(notes(reader, room)).toEqual([['still me', null]]);
  });

  test('epoch one behind is a crash and is repaired; epoch gone means a new key', () => {
    const a = newDevice('a');
    found(a);
    const { dir, id } = a;
    const epoch = Number(readFileSync(join(dir, 'epoch'), 'utf8'));
    a.quit();
    writeFileSync(join(dir, 'epoch'), `${String(epoch - 1).padStart(16, '0')}\n`);
    const repaired = openDevice(dir);
    expect([repaired.id, repaired.newKey]).toEqual([id, null]);
    repaired.quit();
    expect(Number(readFileSync(join(dir, 'epoch'), 'utf8'))).toBe(epoch);
    rmSync(join(dir, 'epoch'));
    expect(openDevice(dir).newKey).toBe('epoch-lost');
  });

  test('a share that is ahead: retireDevice takes a new key while running', () => {
    const a = newDevice('a');
    found(a);
    const room = openRoom(a);
    const { id } = a;
    const next = a.retireDevice('the share is ahead of this device');
    expect(next.ok && next.value.id).toBe(a.id);
    expect(a.id).not.toBe(id);
    a.say(room, { type: 'note.added', fields: { text: 'under a new key' } });
    expect(notes(a, room)).toEqual([['under a new key', null]]);
    expect(
      a.log
        .heads(a.db, room)
        .map(({ dev }) => dev)
        .sort(),
    ).toEqual([id, a.id].sort());
  });

  test('a wrapped key needs its wrap; without it the file stays and the failure says so', () => {
    const xor = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0x5a);
    const wrap = { protection: 'keyring', wrap: xor, unwrap: xor } as const;
    const a = newDevice('a', undefined, { wrap });
    const { dir } = a;
    a.quit();
    const file = readFileSync(join(dir, 'device.key'), 'utf8');
    expect(file).not.toContain('PRIVATE KEY');
    expect(() => openDevice(dir)).toThrow(/DeviceKeyUnreadable/);
    expect(readFileSync(join(dir, 'device.key'), 'utf8')).toBe(file);
  });
});
