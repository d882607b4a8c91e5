import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventHash, LogId } from '../../shared/domain/ids.ts';
import { eventTypes, type EventType } from '../../shared/domain/event-types.ts';
import { residencyOf } from '../../shared/domain/residency.ts';
import { joinOrg, revokeDevice, revokeRole } from '../../main/log/org.ts';
import {
  announcedRooms, attachments, declarations, budget, decisions, devices, entriesPage, handoffs, people, residency, roomHeader, rolesOf, tasks, usage, verdicts,
} from '../../main/log/views.ts'; // prettier-ignore
import {
  cleanUp,
  converge,
  deliver,
  everyRole,
  newDevice,
  openRoom,
  opening,
  team,
  welcome,
  type TestDevice,
} from '../support/log.ts';

/** Two people act on one thing while apart; then both meet. What each type must then show, on both sides alike. */
type Case = { readonly name: string; readonly run: (scene: Scene) => void };
type Scene = { readonly a: TestDevice; readonly b: TestDevice; readonly room: LogId; readonly meet: () => void };

let a: TestDevice;
let b: TestDevice;
beforeAll(() => {
  const [first, second] = team(2).devices;
  if (!first || !second) throw new Error('two devices');
  a = first;
  b = second;
});
afterAll(cleanUp);

const one = (hashes: readonly EventHash[]): EventHash => {
  const [hash] = hashes;
  if (!hash) throw new Error('one hash');
  return hash;
};
const both = (check: (device: TestDevice) => void): void => {
  check(a);
  check(b);
};
const header = (device: TestDevice, room: LogId) => {
  const found = roomHeader(device.db, room);
  if (!found) throw new Error('room');
  return found;
};
const rows = (device: TestDevice, log: LogId) => entriesPage(device.db, { log, order: 'recorded', limit: 500 }).rows;
const ofType = (device: TestDevice, log: LogId, type: string) => rows(device, log).filter((row) => row.type === type);

/** A register of the room set on both sides: both values stand, one click settles, nobody's entry is lost. */
const contested =
  (
    type: EventType,
    field: string,
    left: string | object,
    right: string | object,
    view: 'title' | 'severity' | 'class' | 'phase' | 'commander' | 'harm' | 'updateDue' | 'summary' | 'merged',
  ) =>
  ({ room, meet }: Scene): void => {
    const set = (device: TestDevice, value: string | object, over?: readonly EventHash[]): void => {
      const draft = { type, fields: { [field]: value as string } };
      device.say(room, over ? { ...draft, over } : draft);
    };
    set(a, left);
    set(b, right);
    meet();
    both((device) => {
      const value = header(device, room)[view];
      expect(value.conflict.map((head) => head.value)).toHaveLength(2);
      expect(value.conflict.map((head) => head.value)).toEqual(expect.arrayContaining([left, right]));
      expect(value.conflict.map((head) => head.seenOthers)).toEqual([false, false]);
      expect(ofType(device, room, type)).toHaveLength(2);
    });
    expect(header(a, room)[view].value).toEqual(header(b, room)[view].value);
    set(a, left, header(a, room)[view].heads);
    meet();
    both((device) => {
      expect(header(device, room)[view].value).toEqual(left);
      expect(header(device, room)[view].conflict).toEqual([]);
    });
  };

/** Things that are only ever added: both are there. */
const bothStay =
  (type: EventType, left: object, right: object): ((scene: Scene) => void) =>
  ({ room, meet }) => {
    a.say(room, { type, fields: left as Record<string, string> });
    b.say(room, { type, fields: right as Record<string, string> });
    meet();
    both((device) => {
      expect(ofType(device, room, type)).toHaveLength(2);
    });
  };

const citation = (snapshot: string, observed: string) => ({
  fact_id: 'run|ws1|run-88213', kind: 'run', source: 'system.lakeflow.job_run_timeline', happened_at: '2026-11-24T03:00:00.000Z',
  observed_at: observed, assets: ['job|ws1|42'], snapshot: { state: snapshot },
}); // prettier-ignore

const cases: Readonly<Record<EventType, Case>> = {
  'stream.opened': {
    name: 'two streams of one room are opened apart: both stand, each with its own key',
    run: ({ room, meet }) => {
      b.say(room, { type: 'note.added', fields: { text: 'first word of b' } });
      a.say(room, { type: 'note.added', fields: { text: 'a goes on' } });
      meet();
      both((device) => {
        expect(
          device.log
            .heads(device.db, room)
            .map(({ dev }) => dev)
            .sort(),
        ).toEqual([a.id, b.id].sort());
      });
    },
  },
  'person.added': {
    name: 'a person renames herself on one device while an admin does: both names stand until settled',
    run: ({ meet }) => {
      a.say(a.org, { type: 'person.added', fields: { person: b.person, name: 'Robert' } });
      b.say(a.org, { type: 'person.added', fields: { person: b.person, name: 'Bobby' } });
      meet();
      both((device) => {
        const person = people(device.db, a.org).find((row) => row.person === b.person);
        expect(person?.name.conflict.map(({ value }) => value).sort()).toEqual(['Bobby', 'Robert']);
      });
    },
  },
  'device.registered': {
    name: 'two devices ask to be let in at once: both wait',
    run: ({ meet }) => {
      const c = newDevice('c');
      const d = newDevice('d');
      for (const [device, name] of [
        [c, 'Cleo'],
        [d, 'Dan'],
      ] as const) {
        deliver(a, device, a.org);
        device.act((db) => joinOrg(db, device.context, a.org, { name }));
        deliver(device, a, a.org);
      }
      meet();
      both((device) => {
        const pending = devices(device.db, a.org).filter(({ state }) => state === 'pending');
        expect(pending.map(({ dev }) => dev).sort()).toEqual([c.id, d.id].sort());
      });
    },
  },
  'device.confirmed': {
    name: 'two admins confirm one device: attested once, both confirmations kept',
    run: ({ meet }) => {
      const c = newDevice('c');
      welcome(a, c, 'Cleo', []);
      meet();
      for (const admin of [a, b]) {
        admin.say(a.org, { type: 'device.confirmed', fields: { dev: c.id, person: c.person, how: 'person' } });
      }
      meet();
      both((device) => {
        expect(devices(device.db, a.org).find(({ dev }) => dev === c.id)?.state).toBe('attested');
      });
    },
  },
  'device.revoked': {
    name: 'a device writes while it is revoked elsewhere: what it wrote after the named head has no effect',
    run: ({ room, meet }) => {
      const c = newDevice('c');
      welcome(a, c, 'Cleo', everyRole);
      deliver(a, c, room);
      c.say(room, { type: 'note.added', fields: { text: 'before' } });
      deliver(c, a, room);
      c.say(room, { type: 'note.added', fields: { text: 'after' } });
      a.act((db) => revokeDevice(db, a.context, a.org, a.person, c.id, 'lost'));
      converge(a, b, c);
      meet();
      for (const device of [a, b, c]) {
        const notes = ofType(device, room, 'note.added').filter((row) => row.dev === c.id);
        expect(notes.map((row) => [row.fields['text'], row.reason])).toEqual([
          ['after', 'device-revoked'],
          ['before', null],
        ]);
      }
    },
  },
  'role.granted': {
    name: 'two admins grant different roles: the person holds both',
    run: ({ meet }) => {
      const c = newDevice('c');
      welcome(a, c, 'Cleo', ['viewer']);
      meet();
      a.say(a.org, { type: 'role.granted', fields: { person: c.person, role: 'responder' } });
      b.say(a.org, { type: 'role.granted', fields: { person: c.person, role: 'approver' } });
      meet();
      both((device) => {
        const held = rolesOf(device.db, a.org, c.person).map(({ role }) => role);
        expect(held.sort()).toEqual(['approver', 'responder', 'viewer']);
      });
    },
  },
  'role.revoked': {
    name: 'a role is revoked while its holder acts: what was written without knowing it stays, what came after does not',
    run: ({ room, meet }) => {
      const c = newDevice('c');
      welcome(a, c, 'Cleo', ['responder']);
      deliver(a, c, room);
      meet();
      const grant = rolesOf(a.db, a.org, c.person)[0]?.grant;
      if (!grant) throw new Error('grant');
      a.act((db) => revokeRole(db, a.context, a.org, a.person, grant));
      c.say(room, { type: 'note.added', fields: { text: 'did not know' } });
      deliver(a, c, a.org);
      c.say(room, { type: 'note.added', fields: { text: 'knew' } });
      converge(a, b, c);
      for (const device of [a, b, c]) {
        const notes = ofType(device, room, 'note.added').filter((row) => row.dev === c.id);
        expect(notes.map((row) => [row.fields['text'], row.effect])).toEqual([
          ['knew', 'none'],
          ['did not know', 'full'],
        ]);
      }
    },
  },
  'room.announced': {
    name: 'one room announced twice is one room',
    run: ({ room, meet }) => {
      for (const device of [a, b])
        device.say(a.org, { type: 'room.announced', fields: { log: room, title: device.dir } });
      meet();
      both((device) => {
        expect(announcedRooms(device.db, a.org).filter(({ log }) => log === room)).toHaveLength(1);
      });
    },
  },
  'signal.judged': {
    name: 'accepted against declined: both verdicts stand until one names the other',
    run: ({ meet }) => {
      const signal = `sg_${'ab'.repeat(16)}`;
      a.say(a.org, { type: 'signal.judged', fields: { signal_id: signal, verdict: 'accepted', snapshot: { n: 1 } } });
      b.say(a.org, { type: 'signal.judged', fields: { signal_id: signal, verdict: 'declined', snapshot: { n: 1 } } });
      meet();
      both((device) => {
        const row = verdicts(device.db, a.org).find(({ signalId }) => signalId === signal);
        expect(row?.verdict.conflict.map(({ value }) => value).sort()).toEqual(['accepted', 'declined']);
      });
    },
  },
  'residency.set': {
    name: 'forbidden on one side, allowed on the other: the stricter rule holds until somebody settles it',
    run: ({ meet }) => {
      const region = 'azure:westeurope';
      const said = (device: TestDevice) => residency(device.db, a.org).find((row) => row.region === region);
      a.say(a.org, { type: 'residency.set', fields: { region, allowed: 'yes' } });
      b.say(a.org, { type: 'residency.set', fields: { region, allowed: 'no', reason: 'contract 7' } });
      meet();
      both((device) => {
        const values = said(device)?.allowed.conflict.map(({ value }) => value) ?? [];
        expect([...values].sort()).toEqual(['no', 'yes']);
        const rule = { region, said: values.filter((value) => value !== null), reason: null, by: 'b' };
        expect(residencyOf([rule], region)).toEqual({ allowed: false, rule });
      });
      a.say(a.org, { type: 'residency.set', fields: { region, allowed: 'yes' }, over: said(a)?.allowed.heads ?? [] });
      meet();
      both((device) => expect(said(device)?.allowed).toMatchObject({ value: 'yes', conflict: [] }));
    },
  },
  'budget.set': {
    name: 'two limits: both numbers stand, whoever reads takes the smaller',
    run: ({ meet }) => {
      a.say(a.org, { type: 'budget.set', fields: { statements_per_day: 900, minutes_per_day: 10 } });
      b.say(a.org, { type: 'budget.set', fields: { statements_per_day: 400, minutes_per_day: 60 } });
      meet();
      both((device) => {
        const found = budget(device.db, a.org);
        expect([...found.statements].sort((x, y) => x - y)).toEqual([400, 900]);
        expect([...found.minutes].sort((x, y) => x - y)).toEqual([10, 60]);
      });
    },
  },
  'usage.reported': {
    name: 'two devices report one day: one row each, the largest of each, also when an older report comes last',
    run: ({ meet }) => {
      const day = '2026-11-24';
      const say = (device: TestDevice, statements: number, over: readonly EventHash[] = []): EventHash =>
        one(device.say(a.org, { type: 'usage.reported', fields: { day, statements, seconds: statements }, over }));
      say(a, 20, [say(a, 10)]);
      say(b, 7);
      // Without `over`, as a profile that was restored from a copy would write it.
      say(b, 3);
      meet();
      both((device) => {
        const found = new Map(usage(device.db, a.org, day).map((row) => [row.dev, row.statements]));
        expect(found).toEqual(new Map([[a.id, 20], [b.id, 7]])); // prettier-ignore
        expect(usage(device.db, a.org, '2026-11-25')).toEqual([]);
      });
    },
  },
  'incident.opened': {
    name: 'two openers of one signal meet in one room: signals are united, values that differ are shown',
    run: ({ room, meet }) => {
      b.say(room, { ...opening('Daily features failed', { severity: 'SEV1', signals: ['sg_b'] }), over: [] });
      meet();
      both((device) => {
        const value = header(device, room);
        expect(value.severity.conflict.map((head) => head.value).sort()).toEqual(['SEV1', 'SEV3']);
        expect(value.title.conflict).toEqual([]);
        expect(value.signals).toEqual(['sg_b']);
        expect(ofType(device, room, 'incident.opened')).toHaveLength(2);
      });
    },
  },
  'title.set': { name: 'two titles', run: contested('title.set', 'title', 'Features late', 'Forecast wrong', 'title') },
  'severity.set': { name: 'two severities', run: contested('severity.set', 'severity', 'SEV1', 'SEV2', 'severity') },
  'class.set': { name: 'two classes', run: contested('class.set', 'class', 'model', 'data-quality', 'class') },
  'phase.set': { name: 'two phases', run: contested('phase.set', 'phase', 'root-cause', 'remediation', 'phase') },
  'commander.set': {
    name: 'two commanders',
    run: (scene) => {
      contested('commander.set', 'person', a.person, b.person, 'commander')(scene);
    },
  },
  'harm.set': {
    name: 'harm open against contained',
    run: contested('harm.set', 'harm', 'contained', 'partly-contained', 'harm'),
  },
  'update.scheduled': {
    name: 'two times for the next update',
    run: contested('update.scheduled', 'due_at', '2026-11-24T05:00:00.000Z', '2026-11-24T06:00:00.000Z', 'updateDue'),
  },
  'summary.set': {
    name: 'two summaries',
    run: contested(
      'summary.set',
      'summary',
      { know: 'a', unknown: '', next: '' },
      { know: 'b', unknown: '', next: '' },
      'summary',
    ),
  },
  'incident.merged': {
    name: 'merged into two rooms',
    run: contested('incident.merged', 'into', `inc:${'1'.repeat(32)}`, `inc:${'2'.repeat(32)}`, 'merged'),
  },
  'signal.linked': {
    name: 'two signals linked: both belong to the room',
    run: ({ room, meet }) => {
      bothStay('signal.linked', { signal_id: 'sg_1' }, { signal_id: 'sg_2' })({ a, b, room, meet });
      both((device) => {
        expect([...header(device, room).signals].sort()).toEqual(['sg_1', 'sg_2']);
      });
    },
  },
  'note.added': {
    name: 'two notes: both stay, in an order that is the same everywhere',
    run: ({ room, meet }) => {
      bothStay('note.added', { text: 'one' }, { text: 'two' })({ a, b, room, meet });
      expect(rows(a, room).map(({ hash }) => hash)).toEqual(rows(b, room).map(({ hash }) => hash));
    },
  },
  'note.edited': {
    name: 'a note edited on two sides: one text is shown, both are kept, and the original',
    run: ({ room, meet }) => {
      const note = one(a.say(room, { type: 'note.added', fields: { text: 'first' } }));
      meet();
      a.say(room, { type: 'note.edited', fields: { note, text: 'left' } });
      b.say(room, { type: 'note.edited', fields: { note, text: 'right' } });
      meet();
      both((device) => {
        const [row] = ofType(device, room, 'note.added');
        expect(row?.text?.conflict.map(({ value }) => value).sort()).toEqual(['left', 'right']);
        expect(row?.versions.map(({ text }) => text).sort()).toEqual(['first', 'left', 'right']);
        expect(row?.versions.at(-1)?.text).toBe('first');
        expect(['left', 'right']).toContain(row?.fields['text']);
      });
    },
  },
  'decision.recorded': {
    name: 'two decisions: both are in force, neither hides the other',
    run: ({ room, meet }) => {
      for (const device of [a, b]) {
        const fields = { title: device.dir, options: ['x', 'y'], choice: 'x', reason: 'because' };
        device.say(room, { type: 'decision.recorded', fields });
      }
      meet();
      both((device) => {
        expect(decisions(device.db, room).map(({ state }) => state.value)).toEqual(['in-force', 'in-force']);
      });
    },
  },
  'decision.renewed': {
    name: 'two renewals: in force, expiry contested',
    run: ({ room, meet }) => {
      const fields = { title: 't', options: ['x'], choice: 'x', reason: 'r', expires_at: '2026-11-25T00:00:00.000Z' };
      const decision = one(a.say(room, { type: 'decision.recorded', fields }));
      meet();
      a.say(room, { type: 'decision.renewed', fields: { decision, expires_at: '2026-11-26T00:00:00.000Z' } });
      b.say(room, { type: 'decision.renewed', fields: { decision, expires_at: '2026-11-27T00:00:00.000Z' } });
      meet();
      both((device) => {
        const [view] = decisions(device.db, room);
        expect(view?.state.value).toBe('in-force');
        expect(view?.contested).toBe(true);
        expect(view?.expiry.conflict).toHaveLength(2);
      });
    },
  },
  'decision.withdrawn': {
    name: 'renewed against withdrawn: contested, both shown',
    run: ({ room, meet }) => {
      const fields = { title: 't', options: ['x'], choice: 'x', reason: 'r' };
      const decision = one(a.say(room, { type: 'decision.recorded', fields }));
      meet();
      a.say(room, { type: 'decision.renewed', fields: { decision, expires_at: '2026-11-26T00:00:00.000Z' } });
      b.say(room, { type: 'decision.withdrawn', fields: { decision, reason: 'made it worse' } });
      meet();
      both((device) => {
        const [view] = decisions(device.db, room);
        expect(view?.contested).toBe(true);
        expect(view?.state.conflict.map(({ value }) => value).sort()).toEqual(['in-force', 'withdrawn']);
      });
    },
  },
  'task.added': {
    name: 'two tasks: both are open',
    run: ({ room, meet }) => {
      bothStay('task.added', { text: 'look at the job' }, { text: 'call the owner' })({ a, b, room, meet });
      both((device) => {
        expect(tasks(device.db, room).map(({ state }) => state.value)).toEqual(['open', 'open']);
      });
    },
  },
  'task.assigned': {
    name: 'assigned to two people: both are named until settled',
    run: ({ room, meet }) => {
      const task = one(a.say(room, { type: 'task.added', fields: { text: 't' } }));
      meet();
      a.say(room, { type: 'task.assigned', fields: { task, assignee: a.person } });
      b.say(room, { type: 'task.assigned', fields: { task, assignee: b.person } });
      meet();
      both((device) => {
        const assignee = tasks(device.db, room)[0]?.assignee;
        expect(assignee?.conflict.map(({ value }) => value).sort()).toEqual([a.person, b.person].sort());
      });
    },
  },
  'task.done': {
    name: 'done against reassigned: it is done, and the new assignee is kept; no conflict, for these are two facts',
    run: ({ room, meet }) => {
      const task = one(a.say(room, { type: 'task.added', fields: { text: 't', assignee: a.person } }));
      meet();
      a.say(room, { type: 'task.done', fields: { task, outcome: 'restarted' } });
      b.say(room, { type: 'task.assigned', fields: { task, assignee: b.person } });
      meet();
      both((device) => {
        const [view] = tasks(device.db, room);
        expect(view?.state.value).toBe('done');
        expect(view?.assignee.value).toBe(b.person);
        expect(view?.state.conflict).toEqual([]);
        expect(ofType(device, room, 'task.done')).toHaveLength(1);
        expect(ofType(device, room, 'task.assigned')).toHaveLength(1);
      });
    },
  },
  'task.reopened': {
    name: 'done on one side, reopened on the other: contested',
    run: ({ room, meet }) => {
      const task = one(a.say(room, { type: 'task.added', fields: { text: 't' } }));
      a.say(room, { type: 'task.done', fields: { task } });
      meet();
      a.say(room, { type: 'task.done', fields: { task, outcome: 'again' } });
      b.say(room, { type: 'task.reopened', fields: { task, reason: 'still failing' } });
      meet();
      both((device) => {
        expect(
          tasks(device.db, room)[0]
            ?.state.conflict.map(({ value }) => value)
            .sort(),
        ).toEqual(['done', 'open']);
      });
    },
  },
  'handoff.offered': {
    name: 'one question handed to two teams: two hand-offs',
    run: ({ room, meet }) => {
      for (const device of [a, b]) {
        const fields = { subject: 'question', text: 'who owns it?', from: device.person, to: `team ${device.dir}` };
        device.say(room, { type: 'handoff.offered', fields });
      }
      meet();
      both((device) => {
        expect(handoffs(device.db, room).map(({ state }) => state.value)).toEqual(['offered', 'offered']);
      });
    },
  },
  'handoff.accepted': {
    name: 'accepted on two sides: accepted, no conflict',
    run: ({ room, meet }) => {
      const handoff = offer(room);
      meet();
      for (const device of [a, b]) device.say(room, { type: 'handoff.accepted', fields: { handoff } });
      meet();
      both((device) => {
        const [view] = handoffs(device.db, room);
        expect(view?.state.value).toBe('accepted');
        expect(view?.state.conflict).toEqual([]);
        expect(view?.state.heads).toHaveLength(2);
      });
    },
  },
  'handoff.refused': {
    name: 'accepted against refused: both are shown',
    run: ({ room, meet }) => {
      const handoff = offer(room);
      meet();
      a.say(room, { type: 'handoff.accepted', fields: { handoff } });
      b.say(room, { type: 'handoff.refused', fields: { handoff, reason: 'not ours' } });
      meet();
      both((device) => {
        const [view] = handoffs(device.db, room);
        expect(view?.state.conflict.map(({ value }) => value).sort()).toEqual(['accepted', 'refused']);
      });
    },
  },
  'attachment.added': {
    name: 'one file attached twice: two attachments',
    run: ({ room, meet }) => {
      const blob = { sha256: 'a'.repeat(64), size: 3, media: 'text/plain' };
      bothStay('attachment.added', { name: 'log.txt', blob }, { name: 'log.txt', blob })({ a, b, room, meet });
      both((device) => {
        expect(attachments(device.db, room, () => false).map(({ here, name }) => [here, name])).toEqual([
          [false, 'log.txt'],
          [false, 'log.txt'],
        ]);
      });
    },
  },
  'asset.declared': {
    name: 'one system declared on two sides: both stand until somebody takes one back',
    run: ({ room, meet }) => {
      bothStay('asset.declared', { name: 'ERP', owner: 'a' }, { name: 'ERP', contact: 'b' })({ a, b, room, meet });
      both((device) => {
        expect(declarations(device.db, room).map(({ state }) => state.value)).toEqual(['standing', 'standing']);
      });
    },
  },
  'edge.declared': {
    name: 'one way declared on two sides: two declarations',
    run: bothStay(
      'edge.declared',
      { from: 'table|m|a.b.c', to: 'table|m|a.b.d' },
      { from: 'table|m|a.b.c', to: 'table|m|a.b.d' },
    ),
  },
  'declaration.withdrawn': {
    name: 'taken back on both sides: taken back',
    run: ({ room, meet }) => {
      const declaration = one(a.say(room, { type: 'asset.declared', fields: { name: 'ERP' } }));
      meet();
      a.say(room, { type: 'declaration.withdrawn', fields: { declaration } });
      b.say(room, { type: 'declaration.withdrawn', fields: { declaration, reason: 'no such system' } });
      meet();
      both((device) => {
        expect(declarations(device.db, room)[0]?.state).toMatchObject({ value: 'withdrawn', conflict: [] });
      });
    },
  },
  'fact.cited': {
    name: 'one fact cited by two devices: one entry, two witnesses, both snapshots',
    run: ({ room, meet }) => {
      a.say(room, { type: 'fact.cited', fields: citation('FAILED', '2026-11-24T03:05:00.000Z') });
      b.say(room, { type: 'fact.cited', fields: citation('RUNNING', '2026-11-24T03:04:00.000Z') });
      meet();
      both((device) => {
        const facts = ofType(device, room, 'fact.cited');
        expect(facts).toHaveLength(1);
        expect(facts[0]?.witnesses.map(({ snapshot }) => snapshot)).toEqual(
          expect.arrayContaining([{ state: 'FAILED' }, { state: 'RUNNING' }]),
        );
      });
      expect(ofType(a, room, 'fact.cited')[0]?.hash).toBe(ofType(b, room, 'fact.cited')[0]?.hash);
    },
  },
  'pack.exported': {
    name: 'two exports: both on record',
    run: bothStay('pack.exported', { heads: {} }, { heads: {} }),
  },
  redacted: {
    name: 'redacted on one side, edited on the other: the old text is gone everywhere, the edit stands',
    run: ({ room, meet }) => {
      const note = one(a.say(room, { type: 'note.added', fields: { text: 'secret name' } }));
      meet();
      const row = a.log.read(a.db, room, a.id, 1, 99).find(({ line }) => line.includes('"note.added"'));
      const digests = (JSON.parse(row?.line ?? '{}') as { _sd: string[] })._sd;
      a.say(room, { type: 'redacted', fields: { digests, basis: 'request 7' }, over: [note] });
      b.say(room, { type: 'note.edited', fields: { note, text: 'a colleague' } });
      meet();
      both((device) => {
        const [view] = ofType(device, room, 'note.added');
        expect(view?.fields['text']).toBe('a colleague');
        expect(view?.versions.map(({ text }) => text)).toEqual(['a colleague', null]);
        expect(JSON.stringify(rows(device, room))).not.toContain('secret name');
      });
    },
  },
};

const offer = (room: LogId): EventHash =>
  one(
    a.say(room, {
      type: 'handoff.offered',
      fields: { subject: 'command', text: 'take over', from: a.person, to: 'night shift' },
    }),
  );

describe('concurrent events of every type', () => {
  test('every registry type has a case', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(eventTypes).sort());
  });
  for (const [type, { name, run }] of Object.entries(cases)) {
    test(`${type}: ${name}`, () => {
      const room = openRoom(a);
      const meet = (): void => {
        converge(a, b);
      };
      meet();
      run({ a, b, room, meet });
      meet();
      for (const log of [room, a.org]) {
        const digest = a.log.projectionDigest(a.db, log);
        expect(b.log.projectionDigest(b.db, log)).toBe(digest);
        b.act((db) => {
          b.log.rebuild(db, log);
          return { ok: true, value: null };
        });
        expect(b.log.projectionDigest(b.db, log)).toBe(digest);
      }
    });
  }
});
