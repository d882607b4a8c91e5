import { afterEach, describe, expect, it } from 'vitest';
import type { TextRow, Workspace } from '../../main/databricks/port.ts';
import { shortened } from '../../main/lake/shorten.ts';
import { createPacking } from '../../main/lake/packing.ts';
import type { Pack } from '../../main/lake/packing-port.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { collectors } from '../../main/lake/sources.ts';
import { sql } from '../../main/store/sql.ts';
import type { Store, WritableDb } from '../../main/store/port.ts';
import { err } from '../../shared/base/result.ts';
import type { AssetId, FactId } from '../../shared/domain/ids.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { collectNow, fakeWorkspace, instantAt, micros, rowPage } from '../support/collect.ts';
import { withFullDisk } from '../support/full-disk.ts';
import { temporaryStore } from '../support/lakehouse.ts';

/** Runs of one job in pages that a test writes, through the real pull, the real store and the real runner of packs. */
const room = 'inc:00000000000000000000000000000003';
const source = 'system.lakeflow.job_run_timeline';
const columns = ['workspace_id', 'job_id', 'run_id', 'period_start_time', 'period_end_time', 'result_state', 'termination_code', 'trigger_type', 'run_type', 'run_name']; // prettier-ignore
const run = (n: number, total: number, more: TextRow = {}): TextRow => ({
  ws: '7', job: '9', run: String(n), slice_start: micros(collectNow - 1e9 + n * 1000), slice_end: micros(collectNow - 1e9 + n * 1000),
  result: 'SUCCESS', termination: null, trigger_kind: 'CRON', run_kind: 'JOB_RUN', run_label: 'nightly', bw_total: String(total), bw_row: String(n), ...more,
}); // prettier-ignore
const rows = (from: number, to: number, total: number): readonly TextRow[] =>
  Array.from({ length: to - from + 1 }, (_, at) => run(from + at, total));

/** Without its estimate: only what is read is looked at here. */
const uncounted = ({ source: name, label, meta, table, collect, stream }: Collector): Collector => ({
  source: name, label, meta, table, collect, ...(stream === undefined ? {} : { stream }),
}); // prettier-ignore

type Page = readonly TextRow[] | 'cut';
type Pages = readonly Page[] | AsyncIterable<Page>;
const workspaceOf = (pages: () => Pages, asked: string[]): Workspace => {
  const { workspace } = fakeWorkspace({ columns });
  return {
    ...workspace,
    warehouse: {
      ...workspace.warehouse,
      pages: async function* (statement) {
        asked.push(JSON.stringify(statement.parameters));
        for await (const page of pages())
          yield page === 'cut' ? err(databricksFailure('Offline', { code: 'ECONNRESET' })) : rowPage(page);
      },
    },
  };
};

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});
type Rig = {
  readonly store: Store;
  readonly asked: string[];
  readonly pack: () => Promise<Pack>;
  /** Somebody packs it once more. */
  readonly again: () => void;
  readonly facts: () => number;
};
const rig = (
  pages: () => Pages,
  isFull: (db: WritableDb) => boolean = () => false,
  breathe = () => Promise.resolve(),
): Rig => {
  const { store, close } = temporaryStore(() => collectNow);
  cleanups.push(close);
  const asked: string[] = [];
  const workspace = workspaceOf(pages, asked);
  const packing = createPacking({
    workspaces: () => [workspace],
    store: withFullDisk(store, isFull),
    clock: { now: () => collectNow },
    log: () => undefined,
    breathe,
    assetsOf: () => ['job|7|9' as AssetId],
    limits: () => ({ rows: 1e6, bytes: 1e9 }),
    changed: () => undefined,
    collectors: collectors.filter((one) => one.source === source).map(uncounted),
  });
  const again = (): void => {
    packing.start({ room, hops: 1, from: instantAt(collectNow - 14 * 86_400_000), to: null });
  };
  again();
  return {
    again,
    store,
    asked,
    facts: () => store.read.first<{ readonly n: number }>(sql`SELECT count(*) AS n FROM lake_fact`)?.n ?? 0,
    pack: async () => {
      packing.nudge();
      await packing.settled();
      const pack = packing.pack(store.read, room);
      if (pack === null) throw new Error('not packed');
      return pack;
    },
  };
};
const cursorOf = ({ store }: Rig): string | null =>
  store.read.first<{ readonly cursor: string | null }>(sql`SELECT cursor FROM pack_source WHERE source = ${source}`)
    ?.cursor ?? null;

describe('an answer in pages', () => {
  it('that is cut keeps what came with its cursor, and goes on there without reading it again', async () => {
    let pages: readonly Page[] = [rows(1, 2_500, 5_000), 'cut'];
    const at = rig(() => pages);
    expect(await at.pack()).toMatchObject({ state: 'waiting' });
    expect(at.facts()).toBe(2_500);
    const cursor = instantAt(collectNow - 1e9 + 2_500 * 1000);
    expect(cursorOf(at)).toBe(cursor);
    pages = [rows(1, 1, 1)];
    expect(await at.pack()).toMatchObject({ state: 'done' });
    expect(at.asked.at(-1)).toContain(cursor.replace('T', ' ').replace('Z', ''));
  });

  it('with a hole claims nothing while it arrives, and is told as cut off', async () => {
    const at = rig(() => [rows(1, 1_500, 5_000), rows(2_501, 3_500, 5_000), 'cut']);
    expect(await at.pack()).toMatchObject({ state: 'waiting' });
    expect(at.facts()).toBe(2_500);
    expect(cursorOf(at)).toBe(null);
    const short = rig(() => [rows(1, 1_500, 5_000), rows(2_501, 3_500, 5_000)]);
    expect(await short.pack()).toMatchObject({ state: 'done', missing: [source] });
    expect(cursorOf(short)).toBe(null);
  });

  it('is asked for its next page before the one that came is stored', async () => {
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const storedThen: number[] = [];
    const all = async function* (): AsyncGenerator<Page> {
      yield rows(1, 1_500, 3_000);
      // As a request needs a turn of the event loop to leave.
      await turn();
      storedThen.push(at.facts());
      yield rows(1_501, 3_000, 3_000);
    };
    const at = rig(
      all,
      () => false,
      () => turn().then(turn),
    );
    expect(await at.pack()).toMatchObject({ state: 'done', missing: [] });
    expect(storedThen).toEqual([0]);
    expect(at.facts()).toBe(3_000);
  });

  it('that no longer fits on the disk leaves the cursor at what is stored, and the rest comes later', async () => {
    let room = 2_500;
    const stored = (db: WritableDb): number =>
      db.first<{ readonly n: number }>(sql`SELECT count(*) AS n FROM lake_fact`)?.n ?? 0;
    const at = rig(
      () => [rows(1, 5_000, 5_000)],
      (db) => stored(db) > room,
    );
    await at.pack();
    const before = at.facts();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThanOrEqual(2_500);
    expect(cursorOf(at)).toBe(instantAt(collectNow - 1e9 + before * 1000));
    room = 10_000;
    at.again();
    expect(await at.pack()).toMatchObject({ state: 'done' });
    expect(at.facts()).toBe(5_000);
  });

  it('without rows, without columns, and of 5,000 rows at one moment', async () => {
    expect(await rig(() => [[]]).pack()).toMatchObject({ state: 'done', missing: [] });
    expect(await rig(() => [[{}]]).pack()).toMatchObject({ state: 'done' });
    const one = micros(collectNow - 1000);
    const at = rig(() => [rows(1, 5_000, 5_000).map((row) => ({ ...row, slice_start: one, slice_end: one }))]);
    expect(await at.pack()).toMatchObject({ state: 'done', missing: [] });
    expect(at.facts()).toBe(5_000);
  });

  it('with ids over 2^53, a moment before 1970, odd names and a cell of 10 MB: kept, named, and small enough to show', async () => {
    const odd = ['9007199254740993123', '`a`.b c', '9'.repeat(255), 'größe/☃/\u202e', '__proto__'];
    const at = rig(() => [
      [
        ...odd.map((id, n) => run(n + 1, 7, { run: id })),
        run(6, 7, { run: 'early', slice_start: '-14182940000001', slice_end: '-14182940000001', bw_row: '6' }),
        run(7, 7, { run: 'large', run_label: 'x'.repeat(10_000_000), bw_row: '7' }),
      ],
    ]);
    expect(await at.pack()).toMatchObject({ state: 'done', missing: [] });
    const stored = at.store.read.all<{ readonly id: string; readonly happened: string; readonly data: string }>(
      sql`SELECT id, happened, data FROM lake_fact`,
    );
    for (const id of [...odd, 'large']) expect(stored.map((fact) => fact.id)).toContain(`run|7|${id}`);
    expect(stored.find((fact) => fact.id === 'run|7|early')?.happened).toBe('1969-07-20T20:17:39.999Z');
    const large = stored.find((fact) => fact.id === 'run|7|large');
    expect(large?.data.length).toBeLessThan(20_000);
    expect(large?.data).toContain('10000000 characters');
  });
});

describe('a fact that is too long to read', () => {
  const fact = (data: LakeFact['data']): LakeFact => ({
    id: 'run|7|1' as FactId, kind: 'run', source: 's', workspace: '7', happenedAt: instantAt(0), observedAt: instantAt(0), completeTo: null,
    assets: [], title: 't'.repeat(2_000), data,
  }); // prettier-ignore
  it('is cut wherever it is long, in lists and maps with odd keys too, and says so', () => {
    const long = 'y'.repeat(100_000);
    const cut = shortened(fact({ list: [long, { ['k'.repeat(5_000)]: long }], '': null, 'a.b`c': [1, true] }));
    expect(JSON.stringify(cut).length).toBeLessThan(40_000);
    expect(JSON.stringify(cut)).toContain('100000 characters');
    expect(cut.data).toMatchObject({ '': null, 'a.b`c': [1, true] });
    expect(cut.title.length).toBeLessThan(700);
  });
});
