import { ChevronLeft, ChevronRight, Maximize2, Minimize2 } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Entry, Room } from '../../../shared/contract/room.ts';
import { pageLimit } from '../../../shared/contract/common.ts';
import { IconButton, Panel, Segmented, useShortcuts } from '../../kit/index.ts';
import { entrySelected, useModel } from '../../model/index.ts';
import { type LaneKind, Lanes, lanesOfSource } from '../../timeline/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useNow, useStatus, useTimes } from '../common/use.ts';

const icon = { size: 16, strokeWidth: 1.75 } as const;

/** Lanes of facts on one axis, each hatched after its last fact. */
export const HappenedPanel = ({ room }: { readonly room: Room }) => {
  const feed = useFeed('room.timeline', { log: room.log, order: 'happened', machine: true, limit: pageLimit });
  const [group, setGroup] = useState<'kind' | 'asset'>('kind');
  const [reach, setReach] = useState<'near' | 'all'>('near');
  const times = useTimes();
  const now = useNow();
  const completeTo = useCompleteTo();
  const selection = useModel((model) => model.selection);
  const select = useModel((model) => model.select);
  const maximised = useModel((model) => model.maximised === 'happened');
  const maximise = useModel((model) => model.maximise);
  const rows = useMemo(() => feed.value?.rows ?? [], [feed.value]);
  const byTime = useMemo(() => rows.toSorted((a, b) => (a.happenedAt < b.happenedAt ? -1 : 1)), [rows]);
  const names = new Map(room.assets.map((asset) => [asset.id, asset.name]));
  const choose = (id: string): void => {
    const entry = rows.find((row) => row.id === id);
    if (entry !== undefined) select({ entry: entry.id, assets: entry.assets });
  };
  const step = (by: 1 | -1): void => {
    const at = byTime.findIndex((row) => row.id === selection.entry);
    const next = byTime[at < 0 ? byTime.length - 1 : Math.max(0, Math.min(byTime.length - 1, at + by))];
    if (next !== undefined) choose(next.id);
  };
  useShortcuts({ h: () => maximise('happened'), '[': () => step(-1), ']': () => step(1) });
  const missing = (feed.value?.total ?? 0) - rows.length;
  return (
    <Panel
      title="What happened"
      className="happened-panel"
      note={`${times.zone} · ${rows.length}${missing > 0 ? ` of ${feed.value?.total ?? 0}` : ''} facts`}
      tools={
        <>
          <IconButton label="Earlier" kbd="[" onPress={() => step(-1)}>
            <ChevronLeft {...icon} />
          </IconButton>
          <IconButton label="Later" kbd="]" onPress={() => step(1)}>
            <ChevronRight {...icon} />
          </IconButton>
          <Segmented
            label="Stretch of time"
            value={reach}
            options={[
              { id: 'near', label: 'Onset' },
              { id: 'all', label: 'All' },
            ]}
            onChange={setReach} /* prettier-ignore */
          />
          <Segmented
            label="Lanes by"
            value={group}
            options={[
              { id: 'asset', label: 'Asset' },
              { id: 'kind', label: 'Kind' },
            ]}
            onChange={setGroup} /* prettier-ignore */
          />
          <IconButton
            label={maximised ? 'Back to the whole room' : 'What happened fills the room'}
            kbd="H"
            onPress={() => maximise('happened')}
          >
            {maximised ? <Minimize2 {...icon} size={15} /> : <Maximize2 {...icon} size={15} />}
          </IconButton>
        </>
      }
    >
      <FeedGate feed={feed} label="what happened">
        {() => (
          <Lanes
            rows={rows}
            now={now}
            onset={room.startedAt}
            times={times}
            group={group}
            reach={reach}
            completeTo={completeTo}
            assetName={(id) => names.get(id) ?? id.split('|').at(-1) ?? id}
            isSelected={(entry: Entry) => entrySelected(selection, entry)}
            onSelect={choose}
          />
        )}
      </FeedGate>
    </Panel>
  );
};

/** Lane → up to when its sources are complete: the earliest of them, because a lane is only as good as its worst source. */
const useCompleteTo = (): Readonly<Partial<Record<LaneKind, number | null>>> => {
  const freshness = useStatus()?.freshness;
  return useMemo(() => {
    const lanes: Partial<Record<LaneKind, number | null>> = {};
    for (const fact of freshness ?? [])
      for (const lane of lanesOfSource(fact.source)) {
        const at = fact.completeTo === null ? null : Date.parse(fact.completeTo);
        const before = lanes[lane];
        lanes[lane] = before === undefined || (at !== null && before !== null && at < before) ? at : before;
      }
    return lanes;
  }, [freshness]);
};
