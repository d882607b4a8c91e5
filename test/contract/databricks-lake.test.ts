import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { detectOnce, readProposals, readSignals, watchedRules } from '../../main/detect/detect.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { lineageView } from '../../main/analysis/lineage.ts';
import { marksOf } from '../../main/analysis/marks.ts';
import { createLake, type Lake } from '../../main/lake/lake.ts';
import type { LakeFact, SourceState } from '../../main/lake/port.ts';
import type { Store } from '../../main/store/port.ts';
import { practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/** From the warehouse to proposals and the map: the unmodified driver, the real store, practice worlds with a known truth. */
const clock = { now: () => Date.now() };
type Rig = {
  readonly practice: Practice;
  readonly workspace: Workspace;
  readonly lake: Lake;
  readonly store: Store;
  readonly close: () => Promise<void>;
};

const rig = async (practice: Practice): Promise<Rig> => {
  const workspace = practiceWorkspace(practice);
  const { store, close } = temporaryStore();
  const lake = createLake({ workspaces: () => [workspace], store, clock, log: () => undefined });
  return {
    practice, workspace, lake, store,
    close: async () => {
      await workspace.close();
      close();
    },
  }; // prettier-ignore
};

const refreshed = async ({ lake, store }: Rig) => {
  const first = await lake.refresh({ assets: [] });
  if (!first.ok) throw new Error(first.error.what);
  detectOnce({ lake, store, clock });
  const second = await lake.refresh({
    assets: readProposals({ lake, clock }, store.read).flatMap((one) => one.assets),
  });
  if (!second.ok) throw new Error(second.error.what);
  return readProposals({ lake, clock }, store.read);
};
const factsOf = ({ lake, store }: Rig, kind: LakeFact['kind']): readonly LakeFact[] => {
  const all: LakeFact[] = [];
  for (let before: string | null = null; ;) {
    const page = lake.facts(store.read, { kinds: [kind], limit: 200, before });
    all.push(...page.rows);
    if (page.next === null) return all;
    before = page.next;
  }
};
const stateOf = ({ lake, store }: Rig, source: string): SourceState | undefined =>
  lake.sourceStates(store.read).find((one) => one.source === source);

describe.each([
  { seed: 1, fault: 'line', incidents: 1 },
  { seed: 2, fault: 'two', incidents: 2 },
  { seed: 3, fault: 'none', incidents: 0 },
] as const)('a world with seed $seed and fault $fault', ({ seed, fault, incidents }) => {
  let practice: Practice;
  let at: Rig;
  beforeAll(async () => {
    practice = await startPractice({ seed, fault });
    at = await rig(practice);
  });
  afterAll(async () => {
    await at.close();
    await practice.close();
  });

  it('gives as many proposals as there are incidents, each about its own job and tables', async () => {
    const proposals = await refreshed(at);
    expect(proposals.length).toBe(incidents);
    for (const truth of practice.truth.incidents) {
      const proposal = proposals.find((one) => one.assets.some((asset) => asset.endsWith(`|${truth.failedJob.id}`)));
      expect(proposal).toBeDefined();
      expect(proposal?.assets.some((asset) => asset.endsWith(`|${truth.featureTable}`))).toBe(true);
      expect(proposal?.severity).toBe('SEV2');
      expect(proposal?.why).toContain('→');
      expect(proposal?.id).toBe(proposal?.signals[0]?.id);
    }
    expect(watchedRules(at.lake, at.store.read).every((one) => one.count > 0 && one.completeTo !== null)).toBe(true);
  });

  it('knows what changed in the table that broke, by whom and when', () => {
    const changes = factsOf(at, 'schema-change');
    for (const truth of practice.truth.incidents) {
      const change = changes.find(
        (one) => one.data['table'] === truth.changedTable && one.happenedAt === new Date(truth.onset).toISOString(),
      );
      expect(change?.title, JSON.stringify(changes.map((one) => one.title))).toContain(truth.changedColumn);
      expect(change?.data['by']).toBe(truth.by);
    }
    const moves = factsOf(at, 'alias-move');
    expect(moves.length).toBeGreaterThan(0);
    expect(factsOf(at, 'model-version').length).toBeGreaterThan(0);
  });

  it('draws the damage from the changed table to the failing job', () => {
    for (const proposal of readProposals({ lake: at.lake, clock }, at.store.read)) {
      const facts = factsOf(at, 'schema-change');
      const from = new Date(Date.parse(proposal.startedAt) - 36 * 3_600_000).toISOString();
      const view = lineageView({
        edges: at.lake.allEdges(at.store.read), focus: proposal.assets, marks: marksOf({ signals: proposal.signals, facts, from }),
        labelOf: (asset) => at.lake.assetLabel(at.store.read, asset), hops: 4, completeTo: null,
      }); // prettier-ignore
      const truth = practice.truth.incidents.find((one) =>
        proposal.assets.some((asset) => asset.endsWith(`|${one.failedJob.id}`)),
      );
      const changed = view.nodes.find((one) => one.id.endsWith(`|${truth?.changedTable}`));
      expect(changed?.state).toBe('changed');
      expect(view.nodes.find((one) => one.name === truth?.failedJob.name)?.state).toBe('failed');
      expect(view.edges.some((one) => one.damage && one.from === changed?.id)).toBe(true);
      expect(view.edges.some((one) => one.damage && one.to.endsWith(`|${truth?.failedJob.id}`))).toBe(true);
    }
  });

  it('reads nothing new when nothing is new, and the same from scratch', async () => {
    const again = await at.lake.refresh({ assets: [] });
    expect(again.ok && again.value.changed).toBe(0);
    if (fault !== 'two') return;
    const fresh = await rig(practice);
    await refreshed(fresh);
    const ids = (one: Rig) => readSignals(one.store.read, clock).map((signal) => signal.id);
    expect(ids(fresh)).toEqual(ids(at));
    await fresh.close();
  });
});

describe('a workspace that does not give everything', () => {
  let practice: Practice;
  let at: Rig;
  beforeAll(async () => {
    practice = await startPractice({ seed: 4 });
  });
  afterEach(async () => {
    await practice.control({ release: true });
    await at.close();
  });
  afterAll(async () => {
    await practice.close();
  });
  const runs = 'system.lakeflow.job_run_timeline';

  it('a missing column costs that column only', async () => {
    await practice.control({ tables: [{ table: runs, column: 'termination_code', kind: 'hide' }] });
    at = await rig(practice);
    expect((await at.lake.refresh({ assets: [] })).ok).toBe(true);
    expect(stateOf(at, runs)).toMatchObject({ state: 'fresh', missingColumns: ['termination_code'] });
    expect(factsOf(at, 'run').some((one) => one.data['result'] === 'failed' && one.data['termination'] === null)).toBe(
      true,
    );
  });

  it('a column without which nothing can be said makes the source missing, the others go on', async () => {
    await practice.control({ tables: [{ table: runs, column: 'run_id', kind: 'hide' }] });
    at = await rig(practice);
    expect((await at.lake.refresh({ assets: [] })).ok).toBe(true);
    expect(stateOf(at, runs)).toMatchObject({ state: 'missing', completeTo: null });
    expect(stateOf(at, runs)?.note).toContain('run_id');
    expect(stateOf(at, 'system.access.table_lineage')?.state).toBe('fresh');
  });

  it('masked values are unknown, never taken for values', async () => {
    await practice.control({
      tables: [{ table: runs, column: 'result_state', kind: 'mask' }, { table: 'system.access.audit', column: 'request_params', kind: 'mask' }],
    }); // prettier-ignore
    at = await rig(practice);
    expect((await at.lake.refresh({ assets: [] })).ok).toBe(true);
    expect(stateOf(at, runs)?.missingColumns).toEqual(['result_state (masked)']);
    const results = new Set(
      factsOf(at, 'run')
        .filter((one) => one.data['task'] === null)
        .map((one) => one.data['result']),
    );
    // Not "running" either: nobody told.
    expect(results).toEqual(new Set(['unknown']));
    expect(JSON.stringify(factsOf(at, 'run'))).not.toContain('REDACTED');
  });

  it('an answer that is cut off does not move the cursor; the next refresh completes it', async () => {
    at = await rig(practice);
    await practice.control({ result: { kind: 'truncated', pattern: 'job_run_timeline.*ORDER BY', count: 1 } });
    expect((await at.lake.refresh({ assets: [] })).ok).toBe(true);
    expect(stateOf(at, runs)).toMatchObject({ state: 'failed', completeTo: null });
    const some = factsOf(at, 'run').length;
    expect((await at.lake.refresh({ assets: [] })).ok).toBe(true);
    expect(stateOf(at, runs)?.state).toBe('fresh');
    expect(factsOf(at, 'run').length).toBeGreaterThan(some);
  });

  const told = (one: Rig) =>
    new Map(factsOf(one, 'run').map((fact) => [fact.id, [fact.happenedAt, fact.data['result'], fact.title]]));
  let known: ReturnType<typeof told> | undefined;
  /** What an undisturbed device stores, read once. */
  const truth = async (): Promise<ReturnType<typeof told>> => {
    if (known !== undefined) return known;
    const clean = await rig(practice);
    expect((await clean.lake.refresh({ assets: [] })).ok).toBe(true);
    known = told(clean);
    await clean.close();
    return known;
  };

  it.each(['duplicated', 'reordered', 'mistyped'] as const)(
    'an answer that is %s leaves stored facts right',
    async (kind) => {
      at = await rig(practice);
      await practice.control({ result: { kind, pattern: 'ORDER BY', count: null } });
      await at.lake.refresh({ assets: [] });
      await practice.control({ release: true });
      const right = await truth();
      for (const [id, fact] of told(at)) expect(fact).toEqual(right.get(id));
      if (kind !== 'mistyped') expect(told(at).size).toBe(right.size);
      else expect(lakeNotes(at)).toContain('could not be read');
    },
  );
  const lakeNotes = (one: Rig): string =>
    one.lake
      .sourceStates(one.store.read)
      .map((state) => state.note)
      .join(' ');

  it('offline: the refresh says so, facts stay and only get older', async () => {
    at = await rig(practice);
    expect((await at.lake.refresh({ assets: [] })).ok).toBe(true);
    const before = { facts: factsOf(at, 'run').length, state: stateOf(at, runs) };
    await practice.control({ disconnected: true });
    expect(await at.lake.refresh({ assets: [] })).toMatchObject({ ok: false, error: { tag: 'Offline' } });
    expect(factsOf(at, 'run').length).toBe(before.facts);
    expect(stateOf(at, runs)).toMatchObject({
      completeTo: before.state?.completeTo,
      observedAt: before.state?.observedAt,
    });
  });

  it('a source that is refused does not stop the others', async () => {
    at = await rig(practice);
    await practice.control({ status: { code: 403, on: 'rest' } });
    const report = await at.lake.refresh({ assets: [] });
    expect(report.ok || report.error.tag).toBe('Forbidden');
    await practice.control({ release: true });
    expect((await at.workspace.identity()).ok).toBe(true);
    expect((await at.lake.refresh({ assets: [] })).ok).toBe(true);
    await practice.control({ status: { code: 403, on: 'rest' } });
    const second = await at.lake.refresh({ assets: [] });
    expect(second.ok).toBe(true);
    expect(stateOf(at, 'rest.unity-catalog.models')?.state).toBe('denied');
    expect(stateOf(at, runs)?.state).toBe('fresh');
  });
});
