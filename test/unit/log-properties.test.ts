import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventHash, LogId } from '../../shared/domain/ids.ts';
import { specOf, type EventTypeSpec } from '../../shared/domain/event-types.ts';
import { laterHead } from '../../shared/domain/reduce.ts';
import type { EventDraft, WireEvent } from '../../main/log/port.ts';
import { counts, entriesPage, roomHeader, tasks } from '../../main/log/views.ts';
import {
  cleanUp,
  converge,
  deliver,
  everything,
  newDevice,
  openDevice,
  openRoom,
  tempFolder,
  team,
  testClock,
  type TestDevice,
} from '../support/log.ts';

/** Three people, one room for each run; what they do, when they meet and how their clocks lie is generated. */
let devices: readonly TestDevice[];
beforeAll(() => {
  ({ devices } = team(3));
});
afterAll(cleanUp);

type Step =
  | { readonly do: 'say'; readonly who: number; readonly what: number; readonly value: number }
  | { readonly do: 'meet'; readonly from: number; readonly to: number }
  | { readonly do: 'clock'; readonly who: number; readonly to: number };
const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('say' as const), who, what: fc.nat(7), value: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('meet' as const), from: who, to: who }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('clock' as const), who, to: fc.integer({ min: 1e12, max: 3e12 }) }),
  },
);

const device = (index: number): TestDevice => {
  const found = devices[index];
  if (!found) throw new Error('no device');
  return found;
};
const severities = ['SEV1', 'SEV2', 'SEV3', 'SEV4', 'SEV5'] as const;

const draftOf = (room: LogId, by: TestDevice, what: number, value: number): EventDraft => {
  const known = entriesPage(by.db, { log: room, order: 'recorded', limit: 20 }).rows;
  const note = known.find(({ type }) => type === 'note.added')?.hash;
  const task = tasks(by.db, room)[0]?.id;
  if (what === 0) return { type: 'severity.set', fields: { severity: severities[value] ?? 'SEV1' } };
  if (what === 1) return { type: 'title.set', fields: { title: `title ${value}` } };
  if (what === 2 && note) return { type: 'note.edited', fields: { note, text: `edit ${value}` } };
  if (what === 3) return { type: 'task.added', fields: { text: `task ${value}` } };
  if (what === 4 && task) return { type: 'task.done', fields: { task } };
  if (what === 5 && task) return { type: 'task.reopened', fields: { task } };
  if (what === 6) {
    const at = '2026-11-24T03:00:00.000Z';
    const fields = {
      fact_id: `run|w|${value}`,
      kind: 'run',
      source: 's',
      happened_at: at,
      observed_at: at,
      assets: [],
    };
    return { type: 'fact.cited', fields };
  }
  return { type: 'note.added', fields: { text: `note ${value}` } };
};

const play = (steps: readonly Step[]): { readonly room: LogId; readonly said: readonly EventHash[] } => {
  const room = openRoom(device(0));
  const said: EventHash[] = [];
  for (const each of device(0).log.logs(device(0).db)) if (each === room) deliver(device(0), device(1), room);
  for (const one of steps) {
    if (one.do === 'meet') {
      if (one.from !== one.to) deliver(device(one.from), device(one.to), room);
    } else if (one.do === 'clock') device(one.who).clock.set(one.to);
    else {
      const by = device(one.who);
      const before = roomHeader(by.db, room);
      const draft = draftOf(room, by, one.what, one.value);
      said.push(...by.say(room, draft));
      // Read your writes: whatever the clocks say, one's own new value is what is shown, and it stands alone.
      if (draft.type === 'severity.set') {
        const { severity } = roomHeader(by.db, room) ?? {};
        expect(severity?.value).toBe(draft.fields['severity']);
        expect(severity?.heads).toEqual([said.at(-1)]);
        expect(severity?.heads).not.toEqual(before?.severity.heads);
      }
    }
  }
  return { room, said };
};

describe('any history of three people with lying clocks', () => {
  test('converges to one projection, loses nothing, and equals a replay in any order', { timeout: 180_000 }, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 30 }), fc.infiniteStream(fc.nat()), (steps, chance) => {
        const { room, said } = play(steps);
        converge(...devices);
        const digests = devices.map((each) => each.log.projectionDigest(each.db, room));
        expect(new Set(digests).size).toBe(1);

        const all = everything(device(0), room);
        const hashes = new Set(
          device(0)
            .db.all<{ hash: string }>({ text: 'SELECT hash FROM event', values: [] } as never)
            .map(({ hash }) => hash),
        );
        expect(said.filter((hash) => !hashes.has(hash))).toEqual([]);

        // A stranger gets the same events shuffled, cut into batches, some twice.
        const next = (): number => chance.next().value ?? 0;
        const shuffled = all
          .flatMap((wire) => (next() % 5 === 0 ? [wire, wire] : [wire]))
          .map((wire) => ({ wire, key: next() }));
        shuffled.sort((a, b) => a.key - b.key);
        const stranger = newDevice('stranger');
        stranger.take(everything(device(0), device(0).org));
        for (let from = 0; from < shuffled.length;) {
          const size = 1 + (next() % 7);
          stranger.take(shuffled.slice(from, from + size).map(({ wire }) => wire));
          from += size;
        }
        expect(stranger.log.projectionDigest(stranger.db, room)).toBe(digests[0]);
        expect(counts(stranger.db, room).waiting).toBe(0);

        // Made again from the events it is what grew step by step.
        stranger.act((db) => {
          stranger.log.rebuild(db, room);
          return { ok: true, value: null };
        });
        expect(stranger.log.projectionDigest(stranger.db, room)).toBe(digests[0]);
        stranger.quit();
      }),
      { numRuns: 40 },
    );
  });

  test('a room that arrives before its organisation is judged again when that comes', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 15 }), fc.nat(), (steps, cut) => {
        const { room } = play(steps);
        converge(...devices);
        const org = everything(device(0), device(0).org);
        const stranger = newDevice('late');
        const first = cut % org.length;
        stranger.take(org.slice(0, first));
        stranger.take(everything(device(0), room));
        stranger.take(org);
        expect(stranger.log.projectionDigest(stranger.db, room)).toBe(
          device(0).log.projectionDigest(device(0).db, room),
        );
        stranger.quit();
      }),
      { numRuns: 25 },
    );
  });

  test('an edit that saw another is never shown below it', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 30 }), (steps) => {
        const { room } = play(steps);
        converge(...devices);
        for (const each of devices) {
          const header = roomHeader(each.db, room);
          const registers = [
            { value: header?.severity, setter: 'severity.set' },
            { value: header?.title, setter: 'title.set' },
          ];
          for (const { value, setter } of registers) {
            const over = new Set(
              everything(each, room)
                .map(({ line }) => JSON.parse(line) as { type: string; over: string[] })
                .filter(({ type }) => type === setter || type === 'incident.opened')
                .flatMap((line) => line.over),
            );
            expect(value?.heads.filter((hash) => over.has(hash))).toEqual([]);
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});

test('order of heads is total', () => {
  const head = fc.record({ hlc: fc.constantFrom('a', 'b'), dev: fc.constantFrom('x', 'y'), seq: fc.nat(3) });
  fc.assert(
    fc.property(
      head,
      head,
      (a, b) => Math.sign(laterHead(a, b)) === -Math.sign(laterHead(b, a)) || laterHead(a, b) === 0,
    ),
  );
});

test('an older build keeps and forwards what it does not know, and after the upgrade equals the newer one', () => {
  const [a] = devices;
  if (!a) throw new Error('a device');
  const room = openRoom(a);
  a.say(room, { type: 'severity.set', fields: { severity: 'SEV1' } }, { type: 'note.added', fields: { text: 'x' } });
  const old = (type: string, v: number): EventTypeSpec | null => (type === 'severity.set' ? null : specOf(type, v));
  const dir = tempFolder('old');
  const before = openDevice(dir, testClock(), { specOf: old, registryVersion: 'old' });
  const sent: readonly WireEvent[] = everything(a, room);
  before.take(everything(a, a.org));
  before.take(sent);
  expect(counts(before.db, room)).toEqual(expect.objectContaining({ unknown: 1, withoutEffect: 0 }));
  expect(everything(before, room)).toEqual(sent);
  expect(before.log.projectionDigest(before.db, room)).not.toBe(a.log.projectionDigest(a.db, room));
  before.quit();
  const after = openDevice(dir, testClock());
  expect(counts(after.db, room).unknown).toBe(0);
  expect(after.log.projectionDigest(after.db, room)).toBe(a.log.projectionDigest(a.db, room));
});
