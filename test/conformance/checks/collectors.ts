import { tableAsset } from '../../../main/lake/assets.ts';
import type { CollectContext, Collected } from '../../../main/lake/collector.ts';
import { createLake, type Lake } from '../../../main/lake/lake.ts';
import type { FactsPage, LakeFact } from '../../../main/lake/port.ts';
import { putFact } from '../../support/facts.ts';
import type { Store } from '../../../main/store/port.ts';
import { temporaryStore } from '../../support/lakehouse.ts';
import type { DatabricksFailure, Workspace } from '../../../main/databricks/port.ts';
import { collectors } from '../../../main/lake/sources.ts';
import { ok } from '../../../shared/base/result.ts';
import { toInstant } from '../../../shared/base/time.ts';
import { assetId, assetParts, type AssetId } from '../../../shared/domain/ids.ts';
import type { Check } from '../check.ts';
import { requestLog, requestMonitor, tableWithPast, withLookAlikes } from '../look-alikes.ts';
import type { Stage } from '../stage.ts';

/** What one collector did in both lanes: how each ended, and what it found, to be compared. */
type Run = { readonly watch: string; readonly pack: string; readonly estimate: string; readonly found: string };
type Runs = ReadonlyMap<string, Run>;

const day = 86_400_000;
/** Assets of each kind that a room of the suite is about. */
const mostOfKind = 8;

const fewOfEach = (scope: ReadonlyMap<AssetId, number>): ReadonlyMap<AssetId, number> => {
  const count = new Map<string, number>();
  const nearest = [...scope].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
  return new Map(
    nearest.filter(([asset]) => {
      const { kind } = assetParts(asset);
      count.set(kind, (count.get(kind) ?? 0) + 1);
      return (count.get(kind) ?? 0) <= mostOfKind;
    }),
  );
};

const ending = (failure: DatabricksFailure | null | undefined): string =>
  failure === null || failure === undefined ? 'fine' : `${failure.tag} ${failure.code ?? ''}`.trim();

/**
 * What of a fact must be the same on every engine. Histories have moments and people of their own; a fact about how things stand
 * happened when it was looked at.
 */
const lineOf = (fact: LakeFact): readonly unknown[] => {
  if (fact.source === 'delta.history') return [fact.kind, fact.title, fact.assets];
  return [fact.id, fact.happenedAt === fact.observedAt ? 'seen' : fact.happenedAt, fact.title, fact.data];
};

const everyFact = (lake: Lake, store: Store): readonly LakeFact[] => {
  const found: LakeFact[] = [];
  for (let before: string | null = null; ;) {
    const page: FactsPage = lake.facts(store.read, { limit: 500, before });
    found.push(...page.rows);
    before = page.next;
    if (before === null) return found;
  }
};

/** One asset of each kind that nothing speaks of: so every source has something to ask for, whatever the workspace holds. */
const unheardOf = (workspaceId: string): readonly AssetId[] =>
  (
    ['job', 'pipeline', 'notebook', 'query', 'dashboard', 'endpoint', 'experiment', 'cluster', 'warehouse'] as const
  ).map((kind) => assetId(kind, workspaceId, '1'));

/** A statement that nobody ran: so the source that names tables of statements has one to ask about. */
const unheardStatement = (store: Store, workspaceId: string, at: string): void => {
  store.transaction<null>((db) => {
    const fact = {
      id: `query|${workspaceId}|0`, kind: 'query', source: 'suite', workspace: workspaceId, region: null, happened: at, observed: at, complete_to: null,
      assets: '[]', title: '', data: '{"statement":"0"}',
    }; // prettier-ignore
    putFact(db, fact, []);
    return ok(null);
  });
};

/** No monitor watches the request log of the suite; what it would say is answered here, the rest by the workspace. */
const withMonitor = (workspace: Workspace): Workspace => ({
  ...workspace,
  rest: {
    ...workspace.rest,
    call: (request, options) =>
      request.path.endsWith('.request_log/monitor')
        ? Promise.resolve(ok(requestMonitor))
        : workspace.rest.call(request, options),
  },
});

/** Every source of main/lake/sources.ts, in both lanes, with its estimate, against what the stage has. */
const runAll = async (stage: Stage, ...tables: readonly string[]): Promise<Runs> => {
  const { store, close } = temporaryStore();
  try {
    const { clock } = stage.deps;
    const lake = createLake({ workspaces: () => [workspace], store, clock, log: () => undefined });
    const identity = await stage.workspace.identity();
    if (!identity.ok) throw new Error(identity.error.what);
    const ids = { workspaceId: identity.value.workspaceId, metastoreId: identity.value.metastoreId };
    const assets = tables.map((name) => tableAsset(ids.metastoreId, name));
    const workspace = withMonitor(stage.workspace);
    const report = await lake.refresh({ assets });
    if (!report.ok) throw new Error(report.error.what);
    const scope = new Map<AssetId, number>(assets.map((one) => [one, 0]));
    const [facts, edges] = [everyFact(lake, store), lake.allEdges(store.read)];
    for (const edge of edges) for (const end of [edge.from, edge.to]) scope.set(end, 1);
    for (const fact of facts) for (const one of fact.assets) if (!scope.has(one)) scope.set(one, 2);
    for (const one of unheardOf(ids.workspaceId)) scope.set(one, 0);
    const now = clock.now();
    unheardStatement(store, ids.workspaceId, toInstant(now));
    const context: CollectContext = {
      workspace,
      ...ids,
      db: store.read,
      clock,
      options: {},
      lane: 'pack',
      horizon: toInstant(now - 14 * day),
      until: toInstant(now + day),
      cursor: null,
      completeTo: null,
      resumed: false,
      scope: fewOfEach(scope),
      observedAt: toInstant(now),
    };
    const runs = new Map<string, Run>();
    for (const one of collectors) {
      const packed = await one.collect(context);
      const estimated = await one.estimate?.(context);
      const answer: Partial<Collected> = packed.ok ? packed.value : {};
      const lines = [
        ...facts.filter(({ source }) => source === one.source).map(lineOf),
        ...(answer.facts ?? []).map(({ fact }) => lineOf(fact)),
        ...[...edges.filter(({ source }) => source === one.source), ...(answer.edges ?? [])].map(({ from, to }) => [
          from,
          to,
        ]),
        ...(estimated?.ok === true ? [[`${estimated.value.rows} rows`]] : []),
      ].map((line) => JSON.stringify(line));
      runs.set(one.source, {
        watch: ending(report.value.sources.find(({ source }) => source === one.source)?.failure),
        pack: ending(packed.ok ? packed.value.failure : packed.error),
        estimate: estimated === undefined || estimated.ok ? 'fine' : ending(estimated.error),
        found: [...new Set(lines)].sort().join('\n'),
      });
    }
    return runs;
  } finally {
    close();
  }
};

const firstDifference = (a: string, b: string): string => {
  const [one, other] = [new Set(a.split('\n')), new Set(b.split('\n'))];
  const only = (x: ReadonlySet<string>, y: ReadonlySet<string>): string =>
    [...x].find((line) => !y.has(line))?.slice(0, 400) ?? 'nothing';
  return `there ${only(one, other)}; in practice ${only(other, one)}`;
};

const results = new WeakMap<Stage, Promise<Runs>>();

/** Once for all sources of a stage. On Spark the same rows lie in a practice lakehouse, and both must make the same facts. */
const runsOf = (stage: Stage): Promise<Runs> => {
  const known = results.get(stage);
  if (known !== undefined) return known;
  const work = async (): Promise<Runs> => {
    if (stage.engine !== 'spark' || stage.practice === null)
      return runAll(stage, await tableWithPast(stage), await requestLog(stage));
    const small = await withLookAlikes(stage, stage.practice);
    try {
      const tables = ['with_past', 'request_log'].map((name) => `${stage.catalog}.${stage.schema}.${name}`);
      const wanted = await runAll(small, ...tables);
      const found = await runAll(stage, ...tables);
      return new Map(
        [...found].map(([source, run]) => {
          const there = wanted.get(source)?.found ?? '';
          return [
            source,
            run.found === there ? run : { ...run, watch: `other facts: ${firstDifference(run.found, there)}` },
          ];
        }),
      );
    } finally {
      await small.close();
    }
  };
  const started = work();
  results.set(stage, started);
  return started;
};

/** One check per source: a new source is exercised as soon as main/lake/sources.ts lists it. */
const perSource: readonly Check[] = collectors.map((one) => ({
  id: `source.${one.source}`,
  about: `${one.label}: background, room and estimate`,
  observe: async (stage) => {
    const run = (await runsOf(stage)).get(one.source);
    return run === undefined ? 'not run' : { watch: run.watch, pack: run.pack, estimate: run.estimate };
  },
  expected: { watch: 'fine', pack: 'fine', estimate: 'fine' },
}));

export const collectorChecks: readonly Check[] = [
  ...perSource,
  {
    id: 'source.facts',
    about: 'the sources had something to read: without facts the checks above would say nothing',
    observe: async (stage) => {
      const runs = [...(await runsOf(stage)).values()];
      const told = runs.filter((run) => run.found.split('\n').length > 1).length;
      // Spark reads the whole estate. The small world of practice has no pipelines and no compute, and sources that stand in for
      // others are not asked where those answer.
      return told >= runs.length / (stage.engine === 'spark' ? 2 : 3);
    },
    expected: true,
  },
];
