import { ok } from '../../shared/base/result.ts';
import { type Instant, toInstant } from '../../shared/base/time.ts';
import type { AssetId, FactId, SignalId } from '../../shared/domain/ids.ts';
import { momentKinds } from '../../shared/domain/vocabulary.ts';
import { detectOnce, readProposals, readSignal, readSignals, watchedRules } from '../detect/detect.ts';
import type { Proposal } from '../detect/port.ts';
import { createLake } from '../lake/lake.ts';
import { sourceLabel, sourceRests, sourceWhen } from '../lake/sources.ts';
import { isNamedAsset, namedAssets } from '../store/lake-index.ts';
import { packedAges } from '../store/packs.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { compareVersions } from './asset-compare.ts';
import { assetSheet } from './asset-sheet.ts';
import type { ConnectionPart } from './connection.ts';
import { workspaceNames } from './connection-rows.ts';
import { displayName } from './display.ts';
import type { LakePart } from './lake-part.ts';
import { lineageMap } from './lineage.ts';
import type { Parts } from './parts.ts';
import type { ResidencyPart } from './residency.ts';
import { withPacked } from './source-ages.ts';

const detectedKey = 'detect.at';
const keptLimit = 8;
/** Assets of one kind that a search looks through. */
const namedLimit = 20_000;

/** The cached lake and detection behind the core's own view of them. Proposals are kept until signals or verdicts change. */
export const lakePartOf = (
  parts: Parts,
  connection: Pick<ConnectionPart, 'slots' | 'known' | 'learn'>,
  refuses: ResidencyPart['refuses'],
  keptMs: () => number,
): LakePart => {
  const { clock, logger } = parts;
  const { store } = parts.profile;
  const db = store.read;
  const lake = createLake({
    workspaces: () => connection.slots().flatMap((slot) => slot.current() ?? []),
    identified: (workspace, { workspaceId, metastoreId, region }) => {
      const slot = connection.slots().find((one) => one.current() === workspace);
      if (slot !== undefined) connection.learn(slot.id, { workspaceId, metastoreId, region });
    },
    refuses,
    keptMs,
    store,
    clock,
    log: (line) => logger.info(line),
  });
  // By what is declined: the inbox and the background watch ask with different sets.
  const kept = new Map<string, readonly Proposal[]>();
  let detectedAt: Instant | null = (getSetting(db, detectedKey) as Instant | undefined) ?? null;

  const remember = (at: Instant): void => {
    detectedAt = at;
    store.transaction((writable) => {
      setSetting(writable, detectedKey, at);
      return ok(null);
    });
  };

  return {
    facts: {
      page: ({ assets, from }, before, limit) =>
        assets.length === 0
          ? []
          : lake.facts(db, { assets: assets as readonly AssetId[], kinds: momentKinds, from, before, limit }).rows,
      count: ({ assets, from }) =>
        assets.length === 0 ? 0 : lake.count(db, { assets: assets as readonly AssetId[], kinds: momentKinds, from }),
      byId: (id) => lake.fact(db, id as FactId),
    },
    sources: () => lake.sourceStates(db),
    ages: () => withPacked(lake.sourceStates(db), packedAges(db), clock.now()),
    sourceLabel,
    sourceWhen,
    sourceRests,
    workspaceName: (id) => workspaceNames(connection)(id),
    proposals: (declined) => {
      const key = [...declined].sort().join(' ');
      const known = kept.get(key);
      if (known !== undefined) return known;
      if (kept.size >= keptLimit) kept.clear();
      const proposals = readProposals({ lake, clock }, db, declined);
      kept.set(key, proposals);
      return proposals;
    },
    signal: (id) => readSignal(db, id as SignalId),
    watched: () => [...watchedRules(lake, db)],
    detectedAt: () => detectedAt,
    label: (asset) => {
      const { name, kind } = lake.assetLabel(db, asset as AssetId);
      return { name: displayName(name), kind };
    },
    named: (kinds) =>
      kinds.flatMap((kind) =>
        namedAssets(db, kind, namedLimit).map(({ asset, name }) => ({ asset, name: name ?? '' })),
      ),
    isKnown: (asset) => isNamedAsset(db, asset),
    around: (assets, hops) => lake.around(db, assets as readonly AssetId[], hops),
    edges: (assets, hops) => lake.edges(db, assets as readonly AssetId[], hops),
    lineage: (assets, hops, since, declared) =>
      lineageMap({
        lake,
        db,
        signals: readSignals(db, clock),
        focus: assets as readonly AssetId[],
        hops,
        since,
        declared,
      }),
    sheet: (asset) => assetSheet({ lake, db, sourceLabel }, asset),
    compare: (asset, from, to) => compareVersions({ lake, db }, asset, from, to),
    withhold: (places, also) => {
      const gone = lake.withhold(places, also);
      if (gone) kept.clear();
      return gone;
    },
    refresh: async (workspace, scope, signal) => {
      const report = await lake.refresh(scope, signal, workspace);
      if (!report.ok) return report;
      const { changed } = detectOnce({ lake, store, clock });
      if (changed > 0 || report.value.changed > 0) kept.clear();
      // Written at most once a minute: the status shows when, and a commit for each turn would keep the disk awake.
      const now = clock.now();
      const since = detectedAt === null ? -1 : now - Date.parse(detectedAt);
      if (since < 0 || since >= 60_000 || changed > 0) remember(toInstant(now));
      else detectedAt = toInstant(now);
      return report;
    },
  };
};
