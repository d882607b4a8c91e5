import { ok } from '../../shared/base/result.ts';
import type { LakePart } from './lake-part.ts';
import type { Parts } from './parts.ts';

export const lakePartOf = (_parts: Parts): LakePart => ({
  facts: { page: () => [], count: () => 0, byId: () => null },
  sources: () => [],
  proposals: () => [],
  watched: () => [],
  detectedAt: () => null,
  around: (assets) => assets,
  lineage: () => ({ nodes: [], edges: [], total: 0, completeTo: null, note: null }),
  refresh: () => Promise.resolve(ok(null)),
});
