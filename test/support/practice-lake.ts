/** A practice lakehouse in this process with a workspace over the unmodified driver, and devices of their own that read it. */
import type { Workspace } from '../../main/databricks/port.ts';
import type { Collected, Estimate } from '../../main/lake/collector.ts';
import { createLake, type Lake } from '../../main/lake/lake.ts';
import type { LakeFact } from '../../main/lake/port.ts';
import { collectors } from '../../main/lake/sources.ts';
import type { Store } from '../../main/store/port.ts';
import type { Clock } from '../../shared/base/time.ts';
import { collectContext, instantAt } from './collect.ts';
import { practiceWorkspace, temporaryStore } from './lakehouse.ts';
import { startPractice, type Practice, type PracticeOptions } from './practice.ts';

const day = 86_400_000;
const realClock: Clock = { now: () => Date.now() };

export type PracticeLake = {
  readonly practice: Practice;
  readonly workspace: Workspace;
  /** Ids of the workspace and of its metastore. */
  readonly ws: string;
  readonly metastore: string;
  /** A store of its own. */
  readonly store: () => Store;
  /** A device that reads these sources. `through`: what stands between it and the workspace. */
  readonly device: (
    sources: readonly string[],
    change?: { readonly clock?: Clock; readonly through?: Workspace },
  ) => { readonly lake: Lake; readonly store: Store };
  /** One pull of a source in lane `pack` over two weeks, straight from its collector, and its estimate. Throws where it fails. */
  readonly packed: (
    source: string,
    assets: readonly string[],
    change?: { readonly store?: Store; readonly through?: Workspace; readonly clock?: Clock },
  ) => Promise<Omit<Collected, 'facts'> & { readonly facts: readonly LakeFact[]; readonly estimate: Estimate | null }>;
  /** Closes all of it, stores too. */
  readonly close: () => Promise<void>;
};

/** Open one. Close it. */
export const openPracticeLake = async (options: PracticeOptions): Promise<PracticeLake> => {
  const practice = await startPractice(options);
  const workspace = practiceWorkspace(practice);
  const identity = await workspace.identity();
  if (!identity.ok) throw new Error(identity.error.what);
  const { workspaceId, metastoreId } = identity.value;
  const closers: (() => void)[] = [];
  const store = (): Store => {
    const own = temporaryStore();
    closers.push(own.close);
    return own.store;
  };
  return {
    practice,
    workspace,
    ws: workspaceId,
    metastore: metastoreId,
    store,
    device: (sources, { clock = realClock, through = workspace } = {}) => {
      const own = store();
      const wanted = collectors.filter(({ source }) => sources.includes(source));
      const lake = createLake({ workspaces: () => [through], store: own, clock, log: () => undefined, collectors: wanted }); // prettier-ignore
      return { lake, store: own };
    },
    packed: async (source, assets, change = {}) => {
      const clock = change.clock ?? realClock;
      const now = clock.now();
      const collector = collectors.find((one) => one.source === source);
      if (collector === undefined) throw new Error(`${source}: no such source`);
      const context = collectContext(change.through ?? workspace, (change.store ?? store()).read, assets, {
        workspaceId, metastoreId, clock, horizon: instantAt(now - 14 * day), observedAt: instantAt(now),
      }); // prettier-ignore
      const found = await collector.collect(context);
      if (!found.ok) throw new Error(`${source}: ${found.error.what} ${found.error.advice}`);
      const estimate = await collector.estimate?.(context);
      const facts = (found.value.facts ?? []).map(({ fact }) => fact);
      return { ...found.value, facts, estimate: estimate?.ok === true ? estimate.value : null };
    },
    close: async () => {
      for (const close of closers) close();
      await workspace.close();
      await practice.close();
    },
  };
};
