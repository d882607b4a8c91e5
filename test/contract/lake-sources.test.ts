import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Workspace } from '../../main/databricks/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import type { Collector } from '../../main/lake/collector.ts';
import { modelsCollector } from '../../main/lake/collectors/models.ts';
import { runInputsCollector } from '../../main/lake/collectors/run-inputs.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import { practiceWorkspace, temporaryStore } from '../support/lakehouse.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/** Sources that say why, against practice: what a model was trained on, who was refused, what a monitor is doing. */
let practice: Practice;
let workspace: Workspace;
const closers: (() => void)[] = [];
beforeAll(async () => {
  practice = await startPractice({ seed: 1, fault: 'line' });
  workspace = practiceWorkspace(practice);
}, 240_000);
afterAll(async () => {
  await workspace.close();
  await practice.close();
  for (const close of closers) close();
});

const rigOf = (...collectors: readonly Collector[]) => {
  const { store, close } = temporaryStore();
  closers.push(close);
  const lake = createLake({ workspaces: () => [workspace], store, clock: { now: () => Date.now() }, log: () => undefined, collectors }); // prettier-ignore
  const refresh = async (assets: readonly AssetId[]) => {
    const report = await lake.refresh({ assets });
    if (!report.ok) throw new Error(report.error.what);
    for (const one of report.value.sources) if (one.failure !== null) throw new Error(one.failure.what);
    return report.value;
  };
  return { lake, store, refresh };
};

describe('MLflow inputs', { timeout: 120_000 }, () => {
  it('make an edge from each table that a run was given to the model that it made', async () => {
    const { lake, store, refresh } = rigOf(modelsCollector, runInputsCollector);
    await refresh([]);
    const [model] = lake.models(store.read);
    if (model === undefined) throw new Error('no model');
    await refresh([model]);
    const edges = lake.allEdges(store.read).filter((one) => one.source === runInputsCollector.source);
    expect(edges).toHaveLength(1);
    expect(edges[0]?.to).toBe(model);
    expect(edges[0]?.from).toMatch(/^table\|/);
    const facts = lake.facts(store.read, { assets: [model], kinds: ['settings'], limit: 100 }).rows;
    const inputs = facts.filter(({ data }) => data['what'] === 'inputs');
    expect(inputs.length).toBeGreaterThan(1);
    const state = lake.sourceStates(store.read).find((one) => one.source === runInputsCollector.source);
    expect(state?.note).toMatch(/data sets name no table of the catalog/);
    expect(state?.completeTo).not.toBeNull();
  });
});
