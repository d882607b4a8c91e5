import { describe, expect, it } from 'vitest';
import { calls, type CallName } from '../../shared/contract/calls.ts';
import { type Role, roles } from '../../shared/domain/policy.ts';
import { createServe } from '../../main/core/serve.ts';
import type { Handlers } from '../../main/core/handlers.ts';
import { silentLogger } from '../../main/core/logger.ts';
import { ok } from '../../shared/base/result.ts';
import { openCore, scratch, value } from '../support/core.ts';

/**
 * The oracle: written from design.md section 6 and facts/security.md section 6 by hand, call by call, not from the policy
 * table. V viewer, R responder, C commander, A approver, D dpo, M admin; a letter = allowed, a dot = denied.
 */
const oracle: Readonly<Record<CallName, string>> = {
  'app.status': 'VRCADM',
  'inbox.list': 'VRCAD.',
  'rooms.list': 'VRCAD.',
  'room.get': 'VRCAD.',
  'room.timeline': 'VRCAD.',
  'room.entry': 'VRCAD.',
  'room.lineage': 'VRCAD.',
  'asset.get': 'VRCAD.',
  'asset.compare': 'VRCAD.',
  'watch.list': 'VRCAD.',
  'watch.find': 'VRCAD.',
  'watch.add': '.RCAD.',
  'watch.remove': '.RCAD.',
  'room.digest': 'VRCAD.',
  'offline.get': 'VRCAD.',
  'offline.device': 'VRCADM',
  'offline.choose': '.RCAD.',
  'ledger.list': 'VRCADM',
  'quarantine.list': 'VRCADM',
  'people.list': 'VRCADM',
  'pack.preview': '....D.',
  'practice.get': 'VRCADM',
  'signal.judge': '.RC...',
  'room.open': '.RC...',
  'title.set': '..C...',
  'severity.set': '..C...',
  'class.set': '..C...',
  'phase.set': '..C...',
  'commander.set': '..C...',
  'harm.set': '..C...',
  'update.schedule': '..C...',
  'summary.set': '.RC.D.',
  'note.add': '.RC.D.',
  'note.edit': '.RC.D.',
  'decision.record': '..CA..',
  'decision.withdraw': '..CA..',
  'decision.renew': '..CA..',
  'task.add': '.RC.D.',
  'task.assign': '.RC.D.',
  'task.done': '.RC.D.',
  'task.reopen': '.RC.D.',
  'handoff.offer': '.RC.D.',
  'handoff.accept': '.RC.D.',
  'handoff.refuse': '.RC.D.',
  'attachment.begin': '.RC.D.',
  'attachment.chunk': '.RC.D.',
  'attachment.commit': '.RC.D.',
  'attachment.read': 'VRCAD.',
  'lineage.declare': '.RC.D.',
  'lineage.withdraw': '.RC.D.',
  'fact.pin': '.RC.D.',
  'lake.refresh': '.RCAD.',
  'offline.estimate': '.RCAD.',
  'offline.start': '.RCAD.',
  'offline.pause': '.RCAD.',
  'offline.resume': '.RCAD.',
  'offline.cancel': '.RCAD.',
  'offline.limits': '.RCAD.',
  'share.setup': '.....M',
  'share.join': 'VRCADM',
  'share.sync': 'VRCADM',
  'person.rename': 'VRCADM',
  'device.admit': '.....M',
  'device.revoke': '.....M',
  'role.grant': '.....M',
  'role.revoke': '.....M',
  'pack.export': '....D.',
  'budget.get': 'VRCADM',
  'budget.set': '.....M',
  'residency.list': 'VRCADM',
  'residency.set': '....DM',
  'connection.found': 'VRCADM',
  'connection.list': 'VRCADM',
  'connection.remove': 'VRCADM',
  'connection.test': 'VRCADM',
  'setup.sql': 'VRCADM',
  'connection.testing': 'VRCADM',
  'connection.check': 'VRCADM',
  'connection.stopTest': 'VRCADM',
  'connection.save': 'VRCADM',
  'connection.login': 'VRCADM',
  'connection.signIn': 'VRCADM',
  'connection.cancelSignIn': 'VRCADM',
  'connection.signOut': 'VRCADM',
  'connection.unlock': 'VRCADM',
  'connection.protect': 'VRCADM',
  'connection.usePractice': 'VRCADM',
  'practice.set': 'VRCADM',
};
const letters: Readonly<Record<Role, string>> = {
  viewer: 'V', responder: 'R', commander: 'C', approver: 'A', dpo: 'D', admin: 'M',
}; // prettier-ignore
const names = Object.keys(calls) as CallName[];

/** The real gate of the core with handlers that only say that they were reached. */
const gate = (held: readonly Role[]) => {
  const reached: string[] = [];
  const handlers = Object.fromEntries(
    names.map((name) => [
      name,
      () => {
        reached.push(name);
        return ok(null);
      },
    ]),
  ) as unknown as Handlers;
  const clock = { now: () => 0 };
  const serve = createServe({
    handlers,
    roles: () => held,
    clock,
    logger: silentLogger,
    slowMs: 1e9,
    checkAnswers: false,
  });
  return { serve, reached };
};

describe('who may call what', () => {
  it('every call has a row in the oracle, and every row a call', () => {
    expect(Object.keys(oracle).sort()).toEqual([...names].sort());
    for (const [name, row] of Object.entries(oracle)) expect(row, name).toMatch(/^[V.][R.][C.][A.][D.][M.]$/);
  });

  for (const role of roles) {
    it(`as ${role}`, async () => {
      const { serve, reached } = gate([role]);
      for (const name of names) {
        const answer = await serve(name, {});
        const denied = !answer.ok && answer.error.tag === 'NotAllowed';
        expect(denied, `${name} as ${role}`).toBe(!oracle[name].includes(letters[role]));
      }
      expect(reached.filter((name) => !oracle[name as CallName].includes(letters[role]))).toEqual([]);
    });
  }

  it('without any role nothing is allowed', async () => {
    const { serve, reached } = gate([]);
    for (const name of names)
      expect(await serve(name, {}), name).toMatchObject({ ok: false, error: { tag: 'NotAllowed' } });
    expect(reached).toEqual([]);
  });

  it('more roles never allow less', async () => {
    for (const first of roles) {
      for (const second of roles) {
        const both = gate([first, second]);
        for (const name of names) {
          const answer = await both.serve(name, {});
          const allowed = [first, second].some((role) => oracle[name].includes(letters[role]));
          expect(!answer.ok && answer.error.tag === 'NotAllowed', `${name} ${first}+${second}`).toBe(!allowed);
        }
      }
    }
  });

  it('says nothing about the shape of a call that is not allowed', async () => {
    const { serve } = gate(['viewer']);
    expect(await serve('role.grant', { role: 'emperor' })).toMatchObject({ error: { tag: 'NotAllowed' } });
  });
});

describe('roles on a real profile', () => {
  it('count from the moment when they are revoked', async () => {
    const core = await openCore(scratch());
    const people = value(await core.call('people.list', {}));
    const grant = people.people[0]?.roles.find(({ role }) => role === 'commander')?.grant ?? '';
    const { log } = value(await core.call('room.open', { from: 'hand', title: 'x', class: 'cost', severity: 'SEV5' }));
    value(await core.call('severity.set', { log, severity: 'SEV4' }));
    value(await core.call('role.revoke', { grant, reason: 'leaves' }));
    expect(await core.call('severity.set', { log, severity: 'SEV3' })).toMatchObject({ error: { tag: 'NotAllowed' } });
    expect(value(await core.call('room.get', { log })).severity.value).toBe('SEV4');
    expect(value(await core.call('room.get', { log })).can.steer).toBe(false);
  });

  it('never lose the last administrator', async () => {
    const core = await openCore(scratch());
    const people = value(await core.call('people.list', {}));
    const grant = people.people[0]?.roles.find(({ role }) => role === 'admin')?.grant ?? '';
    expect(await core.call('role.revoke', { grant })).toMatchObject({ error: { tag: 'LastAdmin' } });
  });
});
