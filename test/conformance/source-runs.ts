import { tableAsset } from '../../main/lake/assets.ts';
import type { CollectContext, Collected } from '../../main/lake/collector.ts';
import { createLake, type Lake } from '../../main/lake/lake.ts';
import type { FactsPage, LakeFact } from '../../main/lake/port.ts';
import { putFact } from '../support/facts.ts';
import type { Store } from '../../main/store/port.ts';
import { temporaryStore } from '../support/lakehouse.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { DatabricksFailure, Workspace } from '../../main/databricks/port.ts';
import { personalFlowsCollector } from '../../main/lake/collectors/personal-flows.ts';
import { personalColumnsId } from '../../main/lake/personal.ts';
import { collectors } from '../../main/lake/sources.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import { assetId, assetParts, type AssetId } from '../../shared/domain/ids.ts';
import { harmless } from './hostile.ts';
import { requestMonitor, type Naming } from './look-alikes.ts';
import type { Stage } from './stage.ts';

/** What one collector did in both lanes: how each ended, and what it found, to be compared. */
export type Run = { readonly watch: string; readonly pack: string; readonly estimate: string; readonly found: string };
export type Runs = { readonly bySource: ReadonlyMap<string, Run>; readonly refused: readonly string[] };

const day = 86_400_000;
/** Assets of each kind that a room of the suite is about. */
const mostOfKind = 8;

/** Sorted as if all names were harmless, so that the same ones are chosen. */
const fewOfEach = (scope: ReadonlyMap<AssetId, number>): ReadonlyMap<AssetId, number> => {
  const count = new Map<string, number>();
  const nearest = [...scope].sort(([a, x], [b, y]) => x - y || (harmless(a) < harmless(b) ? -1 : 1));
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

/** No column of a stage is tagged as personal: so the source about flows of such data has one to ask about. */
const taggedColumn = (store: Store, metastoreId: string, at: string): void => {
  store.transaction<null>((db) => {
    const items = [{ table: 'a.b.c', column: 'd', tag: 'pii', value: null }];
    const fact = {
      id: personalColumnsId(metastoreId), kind: 'settings', source: 'suite', workspace: '', region: null, happened: at, observed: at, complete_to: null,
      assets: '[]', title: '', data: JSON.stringify({ items }),
    }; // prettier-ignore
    putFact(db, fact, []);
    return ok(null);
  });
};

/** Statements that the engine could not even read, or that failed as none of ours may: by name, with the error class. */
const refusedForm = /PARSE|SYNTAX|INTERNAL|UNBOUND|UNRESOLVED_COLUMN|DATATYPE/;

/** No monitor watches the request log of the suite; what it would say is answered here, the rest by the workspace. */
const between = (workspace: Workspace, naming: Naming, refused: Set<string>): Workspace => {
  const told = <T>(name: string, answer: Result<T, DatabricksFailure>): Result<T, DatabricksFailure> => {
    if (!answer.ok && refusedForm.test(answer.error.errorClass ?? ''))
      refused.add(`${name}: ${answer.error.errorClass ?? ''}`);
    return answer;
  };
  return {
    ...workspace,
    warehouse: {
      ...workspace.warehouse,
      query: async (statement, options) => told(statement.name, await workspace.warehouse.query(statement, options)),
      pages: async function* (statement, options) {
        for await (const page of workspace.warehouse.pages(statement, options)) yield told(statement.name, page);
      },
    },
    rest: {
      ...workspace.rest,
      call: (request, options) =>
        request.path.endsWith('.request_log/monitor')
          ? Promise.resolve(ok(requestMonitor(naming)))
          : workspace.rest.call(request, options),
    },
  };
};

/** REST speaks of the world of practice alone: what is asked there by other names is not found. */
const withoutRest = (workspace: Workspace): Workspace => ({
  ...workspace,
  rest: { call: () => Promise.resolve(err(databricksFailure('Forbidden'))) },
});

/** Every source of main/lake/sources.ts, in both lanes, with its estimate, against what the stage has. */
export const runSources = async (
  stage: Stage,
  tables: readonly string[],
  naming: Naming,
  rest = true,
): Promise<Runs> => {
  const refused = new Set<string>();
  const { store, close } = temporaryStore();
  try {
    const { clock } = stage.deps;
    const lake = createLake({ workspaces: () => [workspace], store, clock, log: () => undefined });
    const identity = await stage.workspace.identity();
    if (!identity.ok) throw new Error(identity.error.what);
    const ids = { workspaceId: identity.value.workspaceId, metastoreId: identity.value.metastoreId };
    const assets = tables.map((name) => tableAsset(ids.metastoreId, name));
    const workspace = between(rest ? stage.workspace : withoutRest(stage.workspace), naming, refused);
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
      lookBackMs: 3 * 3_600_000,
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
    taggedColumn(store, ids.metastoreId, toInstant(now));
    const flows = await personalFlowsCollector.collect({ ...context, lane: 'watch' });
    const run = runs.get(personalFlowsCollector.source);
    if (run !== undefined)
      runs.set(personalFlowsCollector.source, {
        ...run,
        watch: ending(flows.ok ? flows.value.failure : flows.error),
      });
    return { bySource: runs, refused: [...refused] };
  } finally {
    close();
  }
};
