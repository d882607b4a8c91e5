// A bridge without a core: answers from the sample, writes notes and a few settings into it, pushes what changed.
import { failure } from '../../shared/base/failure.ts';
import { err, ok } from '../../shared/base/result.ts';
import { sampleAsleep, sampleSetup, sampleSteps } from './renderer-check.ts';
import type { Bridge } from '../../renderer/actions/index.ts';
import {
  ada, sampleBudget, sampleEntries, sampleFound, sampleInbox, sampleLineage, sampleLog, sampleNow, samplePeople, samplePractice, sampleResidency, sampleRoom, sampleRooms, sampleSignIns, sampleStatus, sampleWorkspaces,
} from './renderer-sample.ts'; // prettier-ignore
import { sampleComparison, sampleSheet } from './renderer-asset.ts';
import { sampleOffline, samplePacking } from './renderer-offline.ts';
import { sampleFoundAssets, sampleWatched } from './renderer-watch.ts';
import type { Entry } from '../../shared/contract/room.ts';

export type FakeMood = 'sample' | 'empty' | 'failing' | 'silent' | 'huge';
type Answer = unknown;
type Input = Readonly<Record<string, unknown>>;

const denied = failure(
  'NotAllowed',
  'Your roles do not allow this.',
  'Nothing was changed.',
  'Ask an admin for the role, or ask somebody who has it.',
  '403',
);

/** Moods: the rich sample; nothing there yet; every query fails; no query is ever answered; 5,000 entries. */
export const createFake = (
  mood: FakeMood = 'sample',
): Bridge & { readonly calls: { name: string; input: Input }[]; failWrites: boolean } => {
  const began = performance.now();
  const now = (): number => sampleNow + (performance.now() - began);
  let entries: readonly Entry[] = mood === 'huge' ? many() : sampleEntries;
  let room = sampleRoom;
  let practice = samplePractice;
  let packing = false;
  let choice = sampleOffline.choice;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const calls: { name: string; input: Input }[] = [];

  const read = (name: string, input: Input): Answer => {
    const empty = mood === 'empty';
    switch (name) {
      case 'app.status':
        return {
          ...sampleStatus,
          now: new Date(now()).toISOString(),
          ...(empty
            ? { onlyHere: 0, quarantined: 0, shares: [], freshness: [], devices: [], inboxCount: 0, joinRequests: 0 }
            : {}),
        };
      case 'inbox.list':
        return empty ? { ...sampleInbox, proposals: [] } : sampleInbox;
      case 'rooms.list':
        return empty
          ? { rows: [], next: null, total: 0 }
          : { rows: sampleRooms, next: null, total: sampleRooms.length };
      case 'room.get':
        return empty
          ? {
              ...room,
              tasks: [],
              decisions: [],
              handoffs: [],
              attachments: [],
              people: [],
              severity: { ...room.severity, conflict: [] },
              summary: { ...room.summary, value: null, by: null, at: null },
            }
          : room;
      case 'room.timeline':
        return timeline(empty ? [] : entries, input);
      case 'offline.get':
        return empty
          ? {
              ...sampleOffline,
              choice,
              badge: { state: 'none', done: 0, total: 0, missing: [], since: null },
              pack: null,
              sources: [],
            }
          : packing
            ? { ...samplePacking, choice }
            : { ...sampleOffline, choice };
      case 'watch.list':
        return { rows: empty ? [] : sampleWatched };
      case 'watch.find':
        return sampleFoundAssets(String(input['text']));
      case 'offline.device':
        return { limits: sampleOffline.limits, rooms: empty ? 0 : 3, facts: empty ? 0 : 48_213, bytes: 29_400_000 };
      case 'room.lineage':
        return empty ? { nodes: [], edges: [], total: 0, completeTo: null, note: null } : sampleLineage;
      case 'asset.get':
        return empty
          ? { ...sampleSheet(String(input['asset']), sampleStatus.now), sections: [], versions: [] }
          : sampleSheet(String(input['asset']), sampleStatus.now);
      case 'asset.compare':
        return sampleComparison;
      case 'ledger.list':
        return {
          rows: entries
            .filter((one) => one.ledger === 'only-here')
            .map((one, seq) => ({
              log: sampleLog,
              room: 'Revenue forecast 38 % low in DACH',
              hash: one.id,
              seq,
              what: one.title,
              at: one.happenedAt,
              state: 'only-here',
            })),
          next: null,
          total: 7,
        };
      case 'quarantine.list':
        return {
          rows: [
            {
              id: 'q1',
              from: 'folder /srv/share/incidents',
              tag: 'BadSignature',
              reason: 'A segment of cleo-tablet does not verify: somebody changed it after it was signed.',
              at: sampleStatus.now,
            },
          ],
          next: null,
          total: 1,
        };
      case 'people.list':
        return samplePeople;
      case 'practice.get':
        return practice;
      case 'budget.get':
        return sampleBudget;
      case 'residency.list':
        return { rows: empty ? [] : sampleResidency };
      case 'connection.list':
        return { rows: sampleWorkspaces };
      case 'connection.login':
        return empty
          ? { secrets: { protection: 'keyring', locked: false }, flow: null, connections: [] }
          : sampleSignIns;
      case 'connection.found':
        return { found: empty ? [] : sampleFound };
      case 'connection.testing':
        return { running: false, total: 0, steps: [] };
      case 'pack.preview':
        return {
          lines: [
            { path: 'log/events.jsonl', size: 48_211, what: '212 signed events', withheld: null },
            { path: 'files/join-plan.png', size: 219_136, what: 'attached by Ben Lind', withheld: null },
            {
              path: 'files/orders-since-noon.csv',
              size: 0,
              what: 'attached by Cleo Duarte',
              withheld: 'not on this device',
            },
          ],
          events: 212,
          devices: 3,
          notAttested: 1,
          absentBlobs: ['orders-since-noon.csv'],
          warnings: ['7 events are only here: the other devices do not have them yet.'],
        };
      default:
        return null;
    }
  };

  const write = (name: string, input: Input): Answer => {
    const id = (calls.length + 1000).toString(16).padStart(64, 'f');
    if (name === 'note.add') {
      const at = new Date(now()).toISOString();
      entries = [
        {
          ...(sampleEntries[0] as Entry),
          id,
          kind: 'note',
          factKind: null,
          title: String(input['text']),
          body: null,
          by: ada,
          happenedAt: String(input['happenedAt'] ?? at),
          observedAt: at,
          recordedAt: at,
          ledger: 'only-here',
          versions: [],
          chips: [],
          assets: (input['assets'] as string[] | undefined) ?? [],
        },
        ...entries,
      ];
    } else if (name === 'severity.set')
      room = {
        ...room,
        severity: {
          value: input['severity'] as 'SEV1',
          by: ada,
          at: new Date(now()).toISOString(),
          conflict: [],
          heads: [id],
        },
      };
    else if (name === 'phase.set') room = { ...room, phase: { ...room.phase, value: input['phase'] as 'triage' } };
    else if (name === 'task.done' || name === 'task.reopen')
      room = {
        ...room,
        tasks: room.tasks.map((task) =>
          task.id === input['task']
            ? { ...task, state: { ...task.state, value: name === 'task.done' ? 'done' : 'open', conflict: [] } }
            : task,
        ),
      };
    else if (name === 'offline.start' || name === 'offline.resume') packing = true;
    else if (name === 'offline.pause' || name === 'offline.cancel') packing = false;
    else if (name === 'offline.choose') choice = { ...choice, ...input };
    else if (name === 'practice.set')
      practice = {
        ...practice,
        buttons: { ...practice.buttons, ...input } as typeof practice.buttons,
        granted:
          (input as { rights?: { preset: string } }).rights?.preset === 'little'
            ? {
                tables: [
                  'trade.raw.store_orders',
                  'trade.conformed.order_lines',
                  'trade.feature_store.demand_by_store_and_day_of_week',
                ],
                jobs: ['842744526278992'],
              }
            : null,
      };
    changed();
    if (name === 'offline.estimate')
      return {
        ...sampleOffline.pack?.estimate,
        reach: 3,
        leftOut: 0,
        at: new Date(now()).toISOString(),
        spent: { statements: 38, calls: 1 },
      };
    if (name === 'offline.choose') return choice;
    if (name === 'offline.limits') return sampleOffline.limits;
    if (name === 'room.open') return { log: sampleLog };
    if (name === 'pack.export')
      return {
        file: '/home/ada/packs/INC-0042.zip',
        sha256: 'b'.repeat(64),
        size: 271_002,
        signersFile: '/home/ada/packs/INC-0042.signers',
        fingerprint: 'SHA256:k3Jt9vV0dN2cYxq1mA7h5sLw8rTbUeZgPfQoIi4XyRE',
        commands: ['sha256sum -c SHA256SUMS', 'breakwater verify INC-0042.zip --signers INC-0042.signers'],
        download: null,
      };
    if (name === 'attachment.begin') return { upload: 'up1' };
    if (name === 'attachment.chunk') return { received: 1 };
    if (name === 'share.sync') return { pushed: 7, pulled: 0, shares: [] };
    if (name === 'setup.sql') return { sql: sampleSetup };
    if (name === 'connection.check') return { steps: sampleSteps };
    if (name === 'connection.test')
      return {
        steps:
          String(input['httpPath']).endsWith('/asleep') && !('startWarehouse' in input) ? sampleAsleep : sampleSteps,
      };
    return { hashes: [id], saved: true, started: true };
  };

  const fake = {
    calls,
    failWrites: false,
    state: () => ({ state: 'connected' as const, app: 'fake' }),
    onState: () => () => undefined,
    call: (name: string, input: Input) => {
      calls.push({ name, input });
      if (mood === 'silent') return new Promise(() => undefined);
      const reads = /\.(get|list|timeline|lineage|preview|status|entry|find)$/.test(name);
      if (mood === 'failing' || (!reads && fake.failWrites)) return Promise.resolve(err(denied));
      return Promise.resolve(ok(reads ? read(name, input) : write(name, input)));
    },
    subscribe: (name: string, input: Input, listener: (answer: unknown) => void) => {
      let open = true;
      const push = (): void => {
        if (!open || mood === 'silent') return;
        listener(mood === 'failing' && name !== 'app.status' ? err(denied) : ok(read(name, input)));
      };
      queueMicrotask(push);
      listeners.add(push);
      return () => {
        open = false;
        listeners.delete(push);
      };
    },
  };
  return fake as never;
};

const timeline = (all: readonly Entry[], input: Input): Answer => {
  const search = String(input['search'] ?? '').toLowerCase();
  const rows = all.filter(
    (one) =>
      (input['machine'] !== false || one.factKind === null) &&
      `${one.title} ${one.body ?? ''}`.toLowerCase().includes(search),
  );
  const from = Number(input['before'] ?? 0);
  const limit = Number(input['limit'] ?? 100);
  return {
    rows: rows.slice(from, from + limit),
    next: from + limit < rows.length ? String(from + limit) : null,
    total: rows.length,
  };
};

const many = (): readonly Entry[] =>
  Array.from({ length: 5_000 }, (_, at) => ({
    ...(sampleEntries[at % sampleEntries.length] as Entry),
    id: `many ${at}`,
    happenedAt: new Date(sampleNow - at * 60_000).toISOString(),
  }));
