import type { OfflineCard, OfflineSource } from '../../shared/contract/offline.ts';
import { sampleNow, sampleRoom } from './renderer-sample.ts';

const ago = (minutes: number): string => new Date(sampleNow - minutes * 60_000).toISOString();
const source = (name: string, label: string, rows: number, more: Partial<OfflineSource> = {}): OfflineSource => ({
  source: name, label, workspace: '6742876858900780', place: 'Practice lakehouse', state: 'done', rest: false, rows: Math.ceil(rows / 100), expected: null, statements: 1, calls: 0, pages: 1, facts: rows,
  links: 0, bytes: rows * 610, completeTo: ago(51), observedAt: ago(12), missing: [], note: null, pace: 'up to 1 h late, kept for 365 days', ask: [], without: [], ...more,
}); // prettier-ignore

const forbidden =
  'Facts of the region azure:eastus2 may not be stored on this device: Customer contract 44: facts of this region stay in the United States. Ada set this rule. Ask a data protection officer or an administrator of your organisation; the rule is under Settings, Residency.';

/** A room that is packed but for what was refused. */
export const sampleOffline: OfflineCard = {
  badge: { ...sampleRoom.offline, withheld: [{ workspace: 'Pricing, far away', reason: forbidden }] },
  pack: {
    hops: 3, reach: 3, from: ago(20_400), to: null, startedAt: ago(13), finishedAt: ago(12), running: false, paused: false, held: false, assets: 38, leftOut: 0, facts: 46_911,
    links: 1_204, bytes: 29_400_000, rows: 483, statements: 214, calls: 61, pages: 219, released: null, note: null,
    estimate: { rows: 46_900, bytes: 28_100_000, statements: 190, calls: 58, ms: 48_000, uncounted: ['Versions of tables'], unestimated: [] },
  },
  sources: [
    source('system.access.table_lineage', 'Lineage of tables', 0, { links: 1_204, bytes: 385_000 }),
    source('rest.unity-catalog.models', 'Models and their versions', 14, { rest: true, rows: 0, statements: 0, calls: 12, completeTo: null }),
    source('rest.names', 'Names of queries and dashboards', 0, { rest: true, statements: 0, calls: 7, completeTo: null }),
    source('system.lakeflow.job_run_timeline', 'Job runs', 31_877, { pages: 4 }),
    source('delta.history', 'Versions of tables', 9_120, { statements: 188, pages: 188, expected: null, note: 'Not readable: orders_by_customer.' }),
    source('system.access.audit', 'Audit log', 0, {
      state: 'refused', completeTo: null, observedAt: null, note: 'The workspace did not allow "lake.audit".',
      ask: ['SELECT on system.access.audit'], without: ['who changed tables, models, jobs and rights'],
    }),
    source('system.mlflow.runs_latest', 'Runs of experiments', 0, { completeTo: null, bytes: 0 }),
    source('rest.pipelines.events', 'Messages of failed pipeline updates', 0, { rest: true, statements: 0, completeTo: null, bytes: 0 }),
    source('drift_metrics', 'Drift of columns', 6_012, { missing: ['js_distance'] }),
    ...['Job runs', 'Versions of tables', 'Audit log'].map((label, at) =>
      source(`far.${at}`, label, 0, { workspace: '751', place: 'Pricing, far away', withheld: true, state: 'refused', completeTo: null, observedAt: null, note: forbidden }),
    ),
  ],
  limits: { rows: 500_000, megabytes: 400, keepDays: 14, factDays: 45, auto: true },
  choice: { hops: 3, before: 14, after: null, rows: null, megabytes: null },
  window: { onset: ago(240), known: true, from: ago(20_400), to: null },
  can: { pack: true },
}; // prettier-ignore

/** The same while it is being packed for the first time. */
export const samplePacking: OfflineCard = {
  ...sampleOffline,
  badge: { state: 'packing', done: 4, total: 7, missing: [], since: null },
  pack: sampleOffline.pack === null ? null : { ...sampleOffline.pack, finishedAt: null, running: true, leftOut: 12, reach: 2 },
  sources: sampleOffline.sources.map((one, at) =>
    at < 4 ? one : at === 4 ? { ...one, state: 'reading', rows: 4_100, expected: 9_000, facts: null, links: null } : { ...one, state: 'due', rows: 0, bytes: 0, facts: null, links: null, note: null, ask: [], without: [], completeTo: null },
  ),
}; // prettier-ignore
