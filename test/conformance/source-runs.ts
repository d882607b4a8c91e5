import { tableAsset } from '../../main/lake/assets.ts';
import type { CollectContext, Collected, Collector } from '../../main/lake/collector.ts';
import { storeBatch } from '../../main/lake/store-batch.ts';
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
import type { JsonObject } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { toInstant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { harmless, type Naming } from './hostile.ts';
import { requestMonitor } from './own-tables.ts';
import { scopeOf, type Room } from './room.ts';
import type { Stage } from './stage.ts';

/** What one collector did in both lanes: how each ended, and what it found, to be compared. */
export type Run = {
  readonly watch: string;
  readonly pack: string;
  readonly estimate: string;
  readonly found: string;
  /** It found something, rather than that nothing is there. */
  readonly learned: boolean;
};
export type Runs = { readonly bySource: ReadonlyMap<string, Run>; readonly refused: readonly string[] };

const day = 86_400_000;
const fine = 'fine';
const ending = (failure: DatabricksFailure | null | undefined): string =>
  failure === null || failure === undefined ? fine : `${failure.tag} ${failure.code ?? ''}`.trim();

const worst = (endings: readonly string[]): string => endings.find((one) => one !== fine) ?? fine;

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

/** What REST would say of the tables of the suite: the monitor of its request log, and the log that pipelines publish; null = ask. */
const ownAnswer = (path: string, naming: Naming, { published }: Room): JsonObject | null => {
  if (path.endsWith('.request_log/monitor')) return requestMonitor(naming);
  return published !== null && /^\/api\/2\.0\/pipelines\/[^/]+$/.test(path)
    ? { spec: { event_log: { ...published } } }
    : null;
};

/** Models are asked for by the names of the world, which is all that REST knows; tables that are not there have no monitor. */
const pathFor = (path: string, { elsewhere }: Room): string => {
  if (path.startsWith('/api/2.1/unity-catalog/models/'))
    return path
      .split('/')
      .map((part) => encodeURIComponent(harmless(decodeURIComponent(part))))
      .join('/');
  const table = /^\/api\/2\.1\/unity-catalog\/tables\/([^/]+)\/monitor$/.exec(path)?.[1] ?? '';
  return elsewhere.includes(decodeURIComponent(table)) ? path.replace(table, 'nowhere.nowhere.nowhere') : path;
};

/** The workspace, but for what is answered here; forms that it refuses are written down. */
const between = (workspace: Workspace, naming: Naming, room: Room, refused: Set<string>): Workspace => {
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
      call: (request, options) => {
        const own = ownAnswer(request.path, naming, room);
        return own === null
          ? workspace.rest.call({ ...request, path: pathFor(request.path, room) }, options)
          : Promise.resolve(ok(own));
      },
    },
  };
};

/** REST speaks of the world of practice alone: what is asked there by other names is not found. */
const withoutRest = (workspace: Workspace): Workspace => ({
  ...workspace,
  rest: { call: () => Promise.resolve(err(databricksFailure('Forbidden'))) },
});

/** A fact whose lists are all empty, or whose message is, says that nothing is there. */
const isNothing = ({ data }: LakeFact): boolean => {
  const lists = [data['items'], data['reads'], data['writes']].filter((one) => Array.isArray(one));
  return data['message'] === '' || (lists.length > 0 && lists.every((one) => one.length === 0));
};
/** Whether an answer says more than that nothing is there. */
const says = ({ facts = [], edges = [], assets = [] }: Partial<Collected>): boolean =>
  edges.length + assets.length > 0 || facts.some(({ fact }) => !isNothing(fact));

/** Collectors as they are; which of them answered something is written down. */
const listened = (to: readonly Collector[], learned: Set<string>): readonly Collector[] =>
  to.map((one) => ({
    ...one,
    collect: async (context) => {
      const answer = await one.collect(context);
      if (answer.ok && says(answer.value)) learned.add(one.source);
      return answer;
    },
  }));

/** Sources that ask only where a table refuses, with that table; what they need is read before them. */
const standIns: Readonly<Record<string, string>> = {
  'rest.lineage-tracking.table-lineage': 'system.access.table_lineage',
  'pipelines.event-log': 'system.lakeflow_pipeline_events_preview.pipeline_events',
};

/** How sources end that stand in for a table, for somebody who may not read it; a real workspace takes nothing away for it. */
const standIn = async (
  stage: Stage,
  workspace: Workspace,
  assets: readonly AssetId[],
  learned: Set<string>,
): Promise<ReadonlyMap<string, string>> => {
  if (stage.practice === null) return new Map();
  const refused = Object.values(standIns);
  const { store, close } = temporaryStore();
  try {
    await stage.refuse(refused.map((table) => table.replaceAll('.', String.raw`\.`)).join('|'));
    const own = collectors.filter(({ source }) => source in standIns || refused.includes(source));
    const lake = createLake({
      workspaces: () => [workspace],
      store,
      clock: stage.deps.clock,
      log: () => undefined,
      collectors: listened(own, learned),
    });
    const report = await lake.refresh({ assets });
    if (!report.ok) throw new Error(report.error.what);
    return new Map(
      report.value.sources.flatMap(({ source, failure }) => (source in standIns ? [[source, ending(failure)]] : [])),
    );
  } finally {
    await stage.refuse(null);
    close();
  }
};

type Packed = { readonly pack: string; readonly estimate: string; readonly lines: readonly unknown[] };

/** One collector in a room, with its estimate; what it brings is there for those after it. */
const packed = async (one: Collector, context: CollectContext, store: Store): Promise<Packed> => {
  const found = await one.collect(context);
  const estimated = await one.estimate?.(context);
  if (found.ok)
    store.transaction<null>((db) => {
      storeBatch(db, found.value, null, null);
      return ok(null);
    });
  const answer: Partial<Collected> = found.ok ? found.value : {};
  return {
    pack: ending(found.ok ? found.value.failure : found.error),
    estimate: estimated === undefined || estimated.ok ? fine : ending(estimated.error),
    lines: [
      ...(answer.facts ?? []).map(({ fact }) => lineOf(fact)),
      ...(answer.edges ?? []).map(({ from, to }) => [from, to]),
      ...(estimated?.ok === true ? [[`${estimated.value.rows} rows`]] : []),
    ],
  };
};

/** Every source of main/lake/sources.ts, in both lanes, with its estimate, against what the stage has. */
export const runSources = async (stage: Stage, room: Room, naming: Naming, rest = true): Promise<Runs> => {
  const refused = new Set<string>();
  const learned = new Set<string>();
  const { store, close } = temporaryStore();
  try {
    const { clock } = stage.deps;
    const all = listened(collectors, learned);
    const identity = await stage.workspace.identity();
    if (!identity.ok) throw new Error(identity.error.what);
    const ids = { workspaceId: identity.value.workspaceId, metastoreId: identity.value.metastoreId };
    const assets = room.tables.map((name) => tableAsset(ids.metastoreId, name));
    const workspace = between(rest ? stage.workspace : withoutRest(stage.workspace), naming, room, refused);
    const lake = createLake({ workspaces: () => [workspace], store, clock, log: () => undefined, collectors: all });
    const report = await lake.refresh({ assets });
    if (!report.ok) throw new Error(report.error.what);
    const known = (): Parameters<typeof scopeOf>[2] => ({
      facts: everyFact(lake, store),
      edges: lake.allEdges(store.read),
    });
    const watched = known();
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
      scope: scopeOf(room, ids, watched),
      observedAt: toInstant(now),
    };
    const packs = new Map<string, readonly Packed[]>();
    for (const one of all) packs.set(one.source, [await packed(one, context, store)]);
    // What one brought another can be asked about: names of what queries speak of, for instance.
    const wider = { ...context, scope: scopeOf(room, ids, known()) };
    for (const one of all.filter(({ source }) => !learned.has(source)))
      packs.set(one.source, [...(packs.get(one.source) ?? []), await packed(one, wider, store)]);
    const told = [...room.tables, ...room.elsewhere].map((name) => tableAsset(ids.metastoreId, name));
    const besides = new Map(await standIn(stage, workspace, told, learned));
    taggedColumn(store, ids.metastoreId, toInstant(now));
    const flows = await personalFlowsCollector.collect({ ...context, lane: 'watch' });
    besides.set(personalFlowsCollector.source, ending(flows.ok ? flows.value.failure : flows.error));

    const runOf = (source: string): Run => {
      const own = packs.get(source) ?? [];
      const lines = [
        ...watched.facts.filter((fact) => fact.source === source).map(lineOf),
        ...watched.edges.filter((edge) => edge.source === source).map(({ from, to }) => [from, to]),
        ...own.flatMap((one) => one.lines),
      ].map((line) => JSON.stringify(line));
      return {
        watch: worst([
          ending(report.value.sources.find((one) => one.source === source)?.failure),
          besides.get(source) ?? fine,
        ]),
        pack: worst(own.map((one) => one.pack)),
        estimate: worst(own.map((one) => one.estimate)),
        found: [...new Set(lines)].sort().join('\n'),
        learned: learned.has(source),
      };
    };
    return { bySource: new Map(all.map(({ source }) => [source, runOf(source)])), refused: [...refused] };
  } finally {
    close();
  }
};
