// Where a workspace lies when it does not say so at the moment: what was read of it stays on this disk.
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withKnownRegion } from '../../main/core/known-region.ts';
import { type KnownWorkspace, savedConnections } from '../../main/core/saved-connections.ts';
import { openSecrets } from '../../main/core/secrets.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { askIdentity } from '../../main/databricks/identity.ts';
import type { DatabricksFailure, DatabricksTag } from '../../main/databricks/port.ts';
import { createLake } from '../../main/lake/lake.ts';
import { collectors } from '../../main/lake/sources.ts';
import { openProfile } from '../../main/store/profile.ts';
import { sourceRow } from '../../main/store/lake.ts';
import { sql } from '../../main/store/sql.ts';
import { err, ok } from '../../shared/base/result.ts';
import { collectNow, fakeWorkspace, micros, rowPage } from '../support/collect.ts';
import { scratch, value } from '../support/core.ts';
import { temporaryStore } from '../support/lakehouse.ts';

const near = 'aws:eu-west-1';
const metastore = '0a1b2c3d-0000-4000-8000-00000000000a';

describe('who a workspace is', () => {
  const ask = (summary: DatabricksTag, statement: DatabricksTag | 'region') => {
    const { workspace } = fakeWorkspace({
      sql: () =>
        statement === 'region' ? rowPage([{ metastore: `${near}:${metastore}` }]) : err(databricksFailure(statement)),
    });
    return askIdentity(workspace, {
      answer: ({ path }) =>
        Promise.resolve(
          path.endsWith('metastore_summary')
            ? err(databricksFailure(summary))
            : ok({ body: { userName: 'ada', metastore_id: metastore }, headers: { 'x-databricks-org-id': '7' } }),
        ),
    });
  };

  it('is asked again where the summary did not answer and no statement says it either', async () => {
    for (const tag of ['Offline', 'Unavailable', 'TimedOut', 'RateLimited', 'ReplyLost'] as const)
      expect(await ask(tag, 'Forbidden')).toMatchObject({ ok: false, error: { tag } });
    expect(await ask('Forbidden', 'Starting')).toMatchObject({ ok: false, error: { tag: 'Starting' } });
    expect(await ask('Unavailable', 'region')).toMatchObject({ ok: true, value: { region: near } });
  });

  it('has no region where it refused to tell', async () => {
    for (const [summary, statement] of [['Forbidden', 'Forbidden'], ['Forbidden', 'StatementFailed'], ['BadAnswer', 'Forbidden']] as const)
      expect(await ask(summary, statement)).toMatchObject({ ok: true, value: { region: null, workspaceId: '7' } });
  }); // prettier-ignore
});

const about = (region: string | null, metastoreId = 'ms'): KnownWorkspace => ({
  id: 'primary', name: 'Pricing', workspaceId: '7', metastoreId, region,
}); // prettier-ignore

it('a region that was known is not forgotten, nor taken along to another metastore', () => {
  const folder = join(scratch(), 'p');
  const profile = value(openProfile(folder, { clock: { now: () => 0 }, log: () => undefined }));
  onTestFinished(() => profile.close());
  const saved = savedConnections(profile, openSecrets(folder, null));
  for (const [said, kept] of [[near, near], [null, near], ['aws:eu-central-1', 'aws:eu-central-1']] as const) {
    saved.learn(about(said));
    expect(saved.known()).toEqual([about(kept)]);
  }
  saved.learn(about(null, 'other'));
  expect(saved.known()).toEqual([about(null, 'other')]);
}); // prettier-ignore

it('a rule about another region takes nothing of a workspace that stopped saying where it lies', async () => {
  const source = 'system.lakeflow.job_run_timeline';
  const forbidden: DatabricksFailure = databricksFailure('Forbidden');
  const left = async (knows: boolean): Promise<unknown> => {
    const { store, close } = temporaryStore(() => collectNow);
    onTestFinished(close);
    const { workspace } = fakeWorkspace({
      columns: ['workspace_id', 'job_id', 'run_id', 'job_run_id', 'task_key', 'period_start_time', 'period_end_time', 'result_state'],
      sql: () => rowPage([{ ws: '7', job: '9', run: '1', slice_start: micros(collectNow - 5_000_000), slice_end: micros(collectNow - 4_000_000), result: 'SUCCESS' }]),
    }); // prettier-ignore
    const saying = (region: string | null) => ({
      ...workspace,
      identity: () => Promise.resolve(ok({ workspaceId: '7', metastoreId: 'ms', user: 'u', region })),
    });
    const known: KnownWorkspace[] = [];
    for (const region of [near, null]) {
      const one = knows ? withKnownRegion(saying(region), () => known) : saying(region);
      await createLake({
        workspaces: () => [one],
        identified: (_, ids) => void known.push(about(ids.region)),
        refuses: (of) => (of === near ? null : forbidden),
        store,
        clock: { now: () => collectNow },
        log: () => undefined,
        collectors: collectors.filter((collector) => collector.source === source),
      }).refresh({ assets: [] });
    }
    const facts = store.read.first<{ readonly n: number }>(sql`SELECT count(*) AS n FROM lake_fact`)?.n;
    const { state, region, cursor } = sourceRow(store.read, source, '7') ?? {};
    return { facts, state, region, isAtStart: cursor === null };
  };
  expect(await left(true)).toEqual({ facts: 1, state: 'fresh', region: near, isAtStart: false });
  expect(await left(false)).toMatchObject({ state: 'denied', isAtStart: true });
});
