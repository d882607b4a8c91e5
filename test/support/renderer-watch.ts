import type { CallOutput } from '../../shared/contract/calls.ts';
import { sampleNow } from './renderer-sample.ts';

type Watched = CallOutput<'watch.list'>['rows'][number];
const ago = (minutes: number): string => new Date(sampleNow - minutes * 60_000).toISOString();

/** A table that is read, a job of which only the name is known, and one that nothing speaks of. */
export const sampleWatched: Watched[] = [
  {
    kind: 'table', name: 'retail.silver.orders', label: 'orders', detail: 'retail.silver', asset: 'table|ms|retail.silver.orders', workspace: 'Practice lakehouse', line: 'table retail.silver.orders in Practice lakehouse', seen: true, facts: 42,
    latest: { title: 'Version 311 of orders: merge, 20418 rows', at: ago(24) },
  },
  { kind: 'job', name: '884213', label: 'daily_features', detail: '884213', asset: 'job|7|884213', workspace: null, line: 'job 884213', seen: true, facts: 0, latest: null },
  { kind: 'endpoint', name: 'price-suggestions', label: 'price-suggestions', detail: '', asset: 'endpoint|7|price-suggestions', workspace: null, line: 'endpoint price-suggestions', seen: false, facts: 0, latest: null },
]; // prettier-ignore

export const sampleFoundAssets = (text: string): CallOutput<'watch.find'> => ({
  rows: text === '' ? [] : [
    { kind: 'table', name: 'retail.silver.orders', label: 'orders', detail: 'retail.silver', asset: 'table|ms|retail.silver.orders', workspace: 'Practice lakehouse', seen: true, watched: true },
    { kind: 'table', name: 'retail.gold.orders_by_region', label: 'orders_by_region', detail: 'retail.gold', asset: 'table|ms|retail.gold.orders_by_region', workspace: 'Pricing, far away', seen: true, watched: false },
    { kind: 'endpoint', name: text, label: text, detail: '', asset: null, workspace: null, seen: false, watched: false },
  ],
  more: 0,
}); // prettier-ignore
