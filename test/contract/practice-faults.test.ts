import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { createDeltaTransport } from '../../main/sync/delta.ts';
import { ledgerState, notShared } from '../../main/sync/ledger.ts';
import { orgNamed, roomNamed } from '../sync/support/lines.ts';
import { openDevice, type Device } from '../sync/support/device.ts';
import { practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { shareFaults } from '../support/share-faults.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/** What the buttons do must cost nothing that is known: no fact, no entry, no place in a source. */
let practice: Practice;
beforeAll(async () => {
  practice = await startPractice({ seed: 6, fault: 'line' });
}, 120_000);
afterAll(() => practice.close());

/** A reply that never ends is given up after this, so that a test need not wait a minute. */
const impatient = { limits: { statementMs: 12_000 } };

/** The kinds whose facts come from tables that nothing here changes. */
const kinds = ['run', 'audit', 'drift'] as const satisfies readonly LakeFact['kind'][];

describe('facts of the lake', () => {
  const clock = { now: () => Date.now() };
  const open = (workspace: Workspace) => {
    const { store, close } = temporaryStore();
    const lake = createLake({ workspaces: () => [workspace], store, clock, log: () => undefined });
    const ids = (): readonly string[] => {
      const all: string[] = [];
      for (let before: string | null = null; ;) {
        const page = lake.facts(store.read, { kinds, limit: 200, before });
        all.push(...page.rows.map((fact) => fact.id));
        if (page.next === null) return all.sort();
        before = page.next;
      }
    };
    return { lake, store, ids, close };
  };
  let reference: readonly string[];
  beforeAll(async () => {
    const workspace = practiceWorkspace(practice);
    const { lake, ids, close } = open(workspace);
    await lake.refresh({ assets: [] });
    reference = ids();
    close();
    await workspace.close();
    expect(reference.length).toBeGreaterThan(20);
  }, 120_000);

  it.each([
    ['500', { status: { code: 500, on: 'all' } }],
    ['503 for some requests', { status: { code: 503, on: 'sql', count: 9 } }],
    ['slow rows', { slowRowsMs: 30 }],
    ['results that are cut', { cutResult: { count: 2 } }],
    ['results that are truncated', { result: { kind: 'truncated', pattern: 'job_run_timeline', count: 1 } }],
    ['lost permission', { deny: {} }],
    ['a missing column', { tables: [{ table: 'system.lakeflow.job_run_timeline', column: 'termination_code', kind: 'hide' }] }],
  ])('under %s: what was stored stays, and afterwards nothing is missing', async (_, fault) => {
    const workspace = practiceWorkspace(practice, {}, impatient);
    const { lake, store, ids, close } = open(workspace);
    await practice.control(fault);
    await lake.refresh({ assets: [] });
    const during = ids();
    for (const id of during) expect(reference).toContain(id);
    // No source claims to be complete up to later than the newest thing it has.
    const failing = lake.sourceStates(store.read);
    expect(failing.every((s) => s.completeTo === null || s.completeTo <= new Date().toISOString())).toBe(true);
    await practice.control({ release: true, expireSessions: true });
    for (let turn = 0; turn < 3 && ids().length < reference.length; turn += 1) await lake.refresh({ assets: [] });
    for (const id of during) expect(ids()).toContain(id);
    expect(ids()).toEqual(reference);
    close();
    await workspace.close();
  }, 180_000); // prettier-ignore
});

describe('entries of a share', () => {
  const org = orgNamed('org');
  const room = roomNamed('room');
  let place = 0;

  const { lasting, once } = shareFaults((press) => practice.control(press));
  it.each([
    ...[...lasting, ...once].map(([name, happens]) => [`${name}, before a push`, 'push', happens] as const),
    ...[...lasting, ...once].map(([name, happens]) => [`${name}, before a pull`, 'pull', happens] as const),
    ['a reply to a push that is lost', 'push', () => practice.control({ loseReply: { pattern: 'insert', count: 1 } })],
    ['a reply to a pull that is lost', 'pull', () => practice.control({ loseReply: { pattern: 'events', count: 1 } })],
    ['a commit that is stored twice', 'push', () => practice.control({ commit: { kind: 'duplicated', pattern: 'insert', count: 1 } })],
    ['a commit that is answered and not stored', 'push', () => practice.control({ commit: { kind: 'missing', pattern: 'insert', count: 1 } })],
  ] as const)('%s: every entry is at both devices in the end', async (_, moment, happens) => {
    const workspace = practiceWorkspace(practice, {}, impatient);
    const schema = `main.fault_${String((place += 1))}`;
    const device = (name: string): Device =>
      openDevice(name, (kind, at) => (kind === 'delta' ? createDeltaTransport(at, workspace.warehouse, randomBytes) : null));
    const [ada, bob] = [device('ada'), device('bob')];
    try {
      ada.note(room, 'before');
      expect((await ada.sync.addShare('delta', schema, org)).ok).toBe(true);
      await ada.sync.syncNow();
      expect((await bob.sync.joinShare('delta', schema)).ok).toBe(true);
      await bob.sync.syncNow();
      bob.note(room, 'from Bob');
      await bob.sync.syncNow();
      ada.note(room, 'while it happens');
      if (moment === 'pull') await ada.sync.syncNow();
      await happens(`${schema}.events`);
      await (moment === 'pull' ? bob : ada).sync.syncNow();
      await practice.control({ release: true });
      for (let turn = 0; turn < 6; turn += 1) for (const one of [ada, bob]) await one.sync.syncNow();
      for (const log of [org, room]) {
        expect(bob.heads(log)).toBe(ada.heads(log));
        expect(bob.digest(log)).toBe(ada.digest(log));
      }
      for (const one of [ada, bob]) expect(notShared(one.profile.store.read, null)).toBe(0);
      expect(ledgerState(ada.profile.store.read, room, ada.opened.log.device.id, 2)).toBe('shared');
    } finally {
      await practice.control({ release: true });
      await ada.close();
      await bob.close();
      await workspace.close();
    }
  }, 180_000); // prettier-ignore
});
