import type { JsonValue } from '../../shared/base/json.ts';
import type { Instant } from '../../shared/base/time.ts';
import type { AssetId } from '../../shared/domain/ids.ts';
import type { FactKind } from '../../shared/domain/vocabulary.ts';
import { factId } from './assets.ts';
import type { CollectContext } from './collector.ts';
import type { LakeFact } from './port.ts';

/** A fact as a source tells it. `scope`: the workspace or metastore in whose names `native` is unique. */
export const makeFact = (
  context: CollectContext,
  said: {
    readonly source: string;
    readonly kind: FactKind;
    readonly scope: string;
    readonly native: string;
    readonly workspace?: string;
    readonly at: Instant;
    readonly assets: readonly AssetId[];
    readonly title: string;
    readonly data: Readonly<Record<string, JsonValue>>;
  },
): LakeFact => ({
  id: factId(said.kind, said.scope, said.native),
  kind: said.kind,
  source: said.source,
  workspace: said.workspace ?? context.workspaceId,
  happenedAt: said.at,
  observedAt: context.observedAt,
  completeTo: null,
  assets: said.assets,
  title: said.title,
  data: said.data,
});
