// A rule of residency that comes while an answer is under way: what arrives after it is not kept, and no cursor comes back.
import { afterEach, describe, expect, it } from 'vitest';
import type { DatabricksFailure, TextRow } from '../../main/databricks/port.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { createLake } from '../../main/lake/lake.ts';
import { createPacking } from '../../main/lake/packing.ts';
import { collectors } from '../../main/lake/sources.ts';
import { sourceRow } from '../../main/store/lake.ts';
import type { Store } from '../../main/store/port.ts';
import { sql } from '../../main/store/sql.ts';
import { failure } from '../../shared/base/failure.ts';
import { ok } from '../../shared/base/result.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const source = 'system.lakeflow.job_run_timeline';
const columns = ['workspace_id', 'job_id', 'run_id', 'job_run_id', 'task_key', 'period_start_time', 'period_end_time', 'result_state']; // prettier-ignore
const run = (n: number): TextRow => ({
  ws: '7', job: '9', run: String(n), slice_start: micros(collectNow - 5_000_000), slice_end: micros(collectNow - 4_000_000), result: 'SUCCESS',
}); // prettier-ignore
const forbidden: DatabricksFailure = failure('Forbidden', 'Not in this region.', 'safe', 'Ask.', 'RESIDENCY');
const region = 'aws:eu-west-1';

/** Without its estimate: the first question is the one for rows. */
const uncounted = ({ source: name, label, meta, table, collect, stream }: Collector): Collector => ({
  source: name, label, meta, table, collect, ...(stream === undefined ? {} : { stream }),
}); // prettier-ignore

/** A lake that learns of the rule while the rows of a source are on their way. */
const rig = (isForbiddenAfter: (store: Store) => boolean) => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  let isForbidden = false;
  const { workspace } = fakeWorkspace({
    columns,
    sql: () => {
      isForbidden = isForbiddenAfter(store);
      return rowPage([run(1), run(2)]);
    },
  });
  const deps = {
    workspaces: () => [
      { ...workspace, identity: () => Promise.resolve(ok({ workspaceId: '7', metastoreId: 'ms', user: 'u', region })) },
    ],
    refuses: (of: string | null) => (isForbidden && of === region ? forbidden : null),
    store,
    clock: { now: () => collectNow },
    log: () => undefined,
    collectors: collectors.filter((one) => one.source === source).map(uncounted),
  };
  return { store, deps };
};
const facts = (store: Store): number =>
  store.read.first<{ readonly n: number }>(sql`SELECT count(*) AS n FROM lake_fact`)?.n ?? -1;

describe('a rule that comes while an answer is under way', () => {
  it('keeps nothing of it in the watch', async () => {
    for (const isForbidden of [false, true]) {
      const { store, deps } = rig(() => isForbidden);
      const done = await createLake(deps).refresh({ assets: [] });
      expect(done.ok).toBe(!isForbidden);
      expect(facts(store)).toBe(isForbidden ? 0 : 2);
      expect(sourceRow(store.read, source, '7')).toMatchObject(
        isForbidden ? { state: 'denied', cursor: null, observed: null } : { state: 'fresh', region },
      );
    }
  });

  it('keeps nothing of it in a pack, and the card says why', async () => {
    for (const isForbidden of [false, true]) {
      const { store, deps } = rig(() => isForbidden);
      const packing = createPacking({
        ...deps,
        breathe: () => Promise.resolve(),
        assetsOf: () => ['job|7|9' as AssetId],
        limits: () => ({ rows: 1e6, bytes: 1e9 }),
        changed: () => undefined,
      });
      const room = 'inc:00000000000000000000000000000003';
      packing.start({ room, hops: 1, from: instantAt(collectNow - 14 * 86_400_000), to: null });
      await packing.settled();
      expect(facts(store)).toBe(isForbidden ? 0 : 2);
      expect(packing.pack(store.read, room)?.sources).toMatchObject([
        isForbidden ? { state: 'withheld', note: 'Not in this region. Ask.', facts: 0 } : { state: 'done', facts: 2 },
      ]);
      const [row] = store.read.all<{ readonly cursor: string | null }>(sql`SELECT cursor FROM pack_source`);
      expect(row?.cursor === null).toBe(isForbidden);
    }
  });
});
