import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import { createPacking } from '../../main/lake/packing.ts';
import type { Pack, Packing, PackLimits, PackRequest } from '../../main/lake/packing-port.ts';
import type { Store } from '../../main/store/port.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/** Packing a room from a practice world over the unmodified driver into a real store. */
const start = Date.now();
let later = 0;
const now = (): number => Date.now() + later;
const clock = { now };
const day = 86_400_000;
const room = 'inc:00000000000000000000000000000001';

let practice: Practice;
let workspace: Workspace;
let assets: readonly AssetId[];

type Rig = {
  readonly packing: Packing;
  readonly store: Store;
  readonly asked: string[];
  readonly close: () => Promise<void>;
};
let rig: Rig | undefined;

/** The workspace with every statement and call noted by name. */
const noted = (into: string[]): Workspace => ({
  ...workspace,
  warehouse: {
    ...workspace.warehouse,
    query: (statement, options) => {
      into.push(statement.name);
      return workspace.warehouse.query(statement, options);
    },
    pages: (statement, options) => {
      into.push(statement.name);
      return workspace.warehouse.pages(statement, options);
    },
  },
});

const open = async (limits: PackLimits = { rows: 500_000, bytes: 200e6 }, store?: Store): Promise<Rig> => {
  const own = store === undefined ? temporaryStore(now) : { store, close: () => undefined };
  const asked: string[] = [];
  const through = noted(asked);
  if (store === undefined) {
    const lake = createLake({ workspaces: () => [workspace], store: own.store, clock, log: () => undefined });
    expect((await lake.refresh({ assets })).ok).toBe(true);
  }
  const packing = createPacking({
    workspaces: () => [through],
    store: own.store,
    clock,
    log: () => undefined,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    assetsOf: () => assets,
    limits: () => limits,
    changed: () => undefined,
  });
  rig = {
    packing,
    store: own.store,
    asked,
    close: async () => {
      await packing.stop();
      own.close();
    },
  };
  return rig;
};
const request = (change: Partial<PackRequest> = {}): PackRequest => ({
  room,
  hops: 3,
  from: new Date(start - 14 * day).toISOString(),
  to: null,
  ...change,
});
const packed = async ({ packing, store }: Rig): Promise<Pack> => {
  await packing.settled();
  const pack = packing.pack(store.read, room);
  if (pack === null) throw new Error('not packed');
  return pack;
};

beforeAll(async () => {
  practice = await startPractice({ seed: 1, fault: 'line' });
  workspace = practiceWorkspace(practice);
  const { metastoreId, workspaceId } = await workspace.identity().then((found) => {
    if (!found.ok) throw new Error(found.error.what);
    return found.value;
  });
  const [incident] = practice.truth.incidents;
  if (incident === undefined) throw new Error('no incident');
  assets = [
    `table|${metastoreId}|${incident.forecastTable}` as AssetId,
    `job|${workspaceId}|${incident.failedJob.id}` as AssetId,
  ];
}, 120_000);
afterEach(async () => {
  await practice.control({ release: true });
  later = 0;
  await rig?.close();
  rig = undefined;
});
afterAll(async () => {
  await workspace.close();
  await practice.close();
});

describe('packing a room', () => {
  it('is estimated within 30 per cent, brings everything to its end, and is then ready', async () => {
    const at = await open();
    const estimate = await at.packing.estimate(request());
    if (!estimate.ok) throw new Error(estimate.error.what);
    at.packing.start(request());
    const pack = await packed(at);
    expect(pack.state).toBe('done');
  }, 120_000);
});
