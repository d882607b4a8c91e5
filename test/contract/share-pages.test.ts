// The second page of a pull from a real warehouse, and the ones after it: every button there, and a process that dies while taking one in.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Statement, Warehouse, Workspace } from '../../main/databricks/port.ts';
import { createDeltaTransport } from '../../main/sync/delta.ts';
import { practiceWorkspace } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';
import { shareFaults } from '../support/share-faults.ts';
import { openDevice, type Device } from '../sync/support/device.ts';
import { orgNamed, roomNamed } from '../sync/support/lines.ts';
import { eventsHeld, expectSound, type TableRow } from '../sync/support/pages.ts';

const org = orgNamed('org');
const room = roomNamed('room');
const logs = [org, room];
const perPage = 5;
const open: Device[] = [];
let practice: Practice;
let workspace: Workspace;
let ada: Device;
let cy: Device;
let schemas = 0;
let schema = '';

const device = (name: string, warehouse: Warehouse, dir?: string): Device => {
  const transport = (_: unknown, at: string) => createDeltaTransport(at, warehouse, randomBytes, perPage);
  const made = openDevice(name, transport, dir === undefined ? {} : { dir, random: randomBytes });
  open.push(made);
  return made;
};
const close = async (one: Device): Promise<void> => {
  open.splice(open.indexOf(one), 1);
  await one.close();
};
/** New tables, with what two new devices wrote and pushed in turns: some commits are longer than a page, some shorter. */
const newTables = async (): Promise<void> => {
  for (const one of open.splice(0)) await one.close();
  [ada, cy] = [device('ada', workspace.warehouse), device('cy', workspace.warehouse)];
  schema = `main.fault_pages_${String((schemas += 1))}`;
  for (const one of [ada, cy]) {
    expect((await one.sync.addShare('delta', schema, org)).ok).toBe(true);
    await one.sync.syncNow();
  }
  for (const [one, count] of [[ada, 7], [cy, 3], [ada, 2], [cy, 8]] as const) {
    for (let n = 0; n < count; n += 1) one.note(room, `${one.name} ${String(n)} ${schema}`);
    await one.sync.syncNow();
  }
  for (const one of [ada, cy, ada, cy]) await one.sync.syncNow();
  expect(ada.heads(room)).toBe(cy.heads(room));
}; // prettier-ignore

beforeAll(async () => {
  practice = await startPractice({ seed: 6, fault: 'none' });
  workspace = practiceWorkspace(practice, {}, { limits: { statementMs: 8_000 } });
  await newTables();
}, 180_000);
afterAll(async () => {
  for (const one of open.splice(0)) await one.close();
  await workspace.close();
  await practice.close();
});

/** The table as a reader in one page sees it: what the cursor of a reader in many is held against. */
const rowsOf = async (log: (typeof logs)[number]): Promise<readonly TableRow[]> => {
  const page = await workspace.warehouse.query({
    name: 'test',
    effect: 'read',
    text: `SELECT _metadata.row_commit_version AS cv, device_id, seq, hash FROM ${schema}.events WHERE log_id = '${log}'`,
  });
  if (!page.ok) throw new Error(page.error.what);
  return page.value.rows.map((row) => ({
    cv: Number(row['cv']),
    dev: row['device_id'] ?? '',
    seq: Number(row['seq']),
    hash: row['hash'] ?? '',
  }));
};
const sound = async (one: Device): Promise<number> =>
  expectSound(one, org, await rowsOf(org)) + expectSound(one, room, await rowsOf(room));
const equal = (one: Device): boolean =>
  logs.every((log) => one.heads(log) === ada.heads(log) && one.digest(log) === ada.digest(log));

/** The warehouse, with something that happens before its nth read of the room. */
const before = (nth: number, happens: () => Promise<unknown>): { readonly warehouse: Warehouse; readonly reads: () => number } => {
  let reads = 0;
  return {
    reads: () => reads,
    warehouse: {
      ...workspace.warehouse,
      pages: async function* (statement: Statement, options) {
        if (statement.name.startsWith('share.pull') && JSON.stringify(statement.parameters ?? {}).includes(room)) {
          reads += 1;
          if (reads === nth) await happens();
        }
        yield* workspace.warehouse.pages(statement, options);
      },
    },
  };
}; // prettier-ignore

const { lasting, once } = shareFaults((press) => practice.control(press));
const answers = ['truncated', 'duplicated', 'reordered', 'mistyped'].map(
  (kind) => [`${kind} rows`, () => practice.control({ result: { kind, pattern: 'events', count: 1 } })] as const,
);
/** What the screen says right after, and why; what is not named here is settled within the round. */
const said: Readonly<Record<string, readonly [state: string, tag: string, code: RegExp]>> = {
  'HTTP 401': ['denied', 'ShareDenied', /401/],
  'HTTP 403': ['denied', 'ShareDenied', /403/],
  'HTTP 429': ['offline', 'ShareBusy', /429/],
  'HTTP 503': ['offline', 'ShareOffline', /503/],
  'no network': ['offline', 'ShareOffline', /ECONN/],
  'lost permission': ['denied', 'ShareDenied', /INSUFFICIENT_PERMISSIONS/],
  'a cut result': ['offline', 'ShareOffline', /^$/],
  'reordered rows': ['failed', 'ShareBroken', /^$/],
  'mistyped rows': ['failed', 'ShareBroken', /^$/],
};

it.each([...lasting, ...once, ...answers])(
  '%s, at the third page of a pull: two pages stay, nothing is lost, doubled or passed over',
  async (name, happens) => {
    if (['VACUUM', 'RESTORE', 'DROP and CREATE'].includes(name)) await newTables();
    const at = before(3, () => happens(`${schema}.events`));
    const bob = device('bob', at.warehouse);
    expect((await bob.sync.joinShare('delta', schema)).ok).toBe(true);
    await bob.sync.syncNow();
    await practice.control({ release: true });
    expect(at.reads()).toBeGreaterThanOrEqual(3);
    const held = await sound(bob);
    const [state, tag, code] = said[name] ?? ['connected', null, /^$/];
    const [status] = bob.sync.shares();
    expect([status?.state, status?.failure?.tag ?? null]).toEqual([state, tag]);
    expect(status?.failure?.code ?? '').toMatch(code);
    if (tag !== null) {
      expect(status?.lastSyncAt).toBe(null);
      // Two whole pages, and of the third nothing.
      expect(held).toBe(eventsHeld(bob, org) + 2 * perPage);
    }
    for (let turn = 0; turn < 6 && !equal(bob); turn += 1) for (const one of [bob, ada, cy]) await one.sync.syncNow();
    expect(equal(bob)).toBe(true);
    await sound(bob);
    await bob.sync.syncNow();
    expect(bob.sync.shares()).toMatchObject([{ state: 'connected', onlyHere: 0, failure: null }]);
    await close(bob);
  },
  60_000,
);

it('killed in the middle of taking in a page: what was stored is whole, and the rest comes', async () => {
  await newTables();
  const address = JSON.stringify({ host: practice.host, port: practice.port, httpPath: practice.httpPath, token: practice.token, caFile: practice.caFile });
  const dirs = mkdtempSync(join(tmpdir(), 'bw-die-'));
  const script = join(import.meta.dirname, '../sync/support/die-in-intake.ts');
  const run = (dir: string, nth: number): Promise<{ readonly signal: string | null; readonly out: string }> =>
    new Promise((resolve, reject) => {
      const args = [script, dir, schema, String(perPage), String(nth), address];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.once('error', reject);
      child.once('close', (_, signal) => resolve({ signal, out }));
    });
  try {
    const whole = await run(join(dirs, 'whole'), 0);
    const { writes } = JSON.parse(whole.out) as { readonly writes: number };
    const stopped: number[] = [];
    for (const part of [0.4, 0.65, 0.9]) {
      const dir = join(dirs, String(part));
      expect(await run(dir, Math.floor(writes * part))).toEqual({ signal: 'SIGKILL', out: '' });
      const bob = device('bob', workspace.warehouse, dir);
      const held = await sound(bob);
      stopped.push(held);
      // Whole pages only; and after a restart as many come as were missing.
      expect((held - eventsHeld(bob, org)) % perPage).toBe(0);
      expect((await bob.sync.syncNow()).pulled).toBe(eventsHeld(ada, org) + eventsHeld(ada, room) - held);
      expect(equal(bob)).toBe(true);
      expect(bob.sync.shares()).toMatchObject([{ state: 'connected', onlyHere: 0, failure: null }]);
      await close(bob);
    }
    expect(new Set(stopped).size).toBe(3);
  } finally {
    rmSync(dirs, { recursive: true, force: true });
  }
}, 120_000); // prettier-ignore
