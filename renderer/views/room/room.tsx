import { useMemo, useState } from 'react';
import type { Room } from '../../../shared/contract/room.ts';
import { Button, EmptyState, ErrorCard, Loading, Segmented, Splitter, useShortcuts } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { useFeed, useMedia } from '../common/use.ts';
import { AssetSheet, useAssetKey, useChosenAsset } from './asset-sheet.tsx';
import { ClockBar } from './clock-bar.tsx';
import { ConflictBar } from './conflict-bar.tsx';
import { type RoomDialog, RoomDialogContext } from './dialog-state.ts';
import { RoomDialogs } from './dialogs.tsx';
import { HappenedPanel } from './happened-panel.tsx';
import { RoomHeader } from './header.tsx';
import { LineagePanel } from './lineage-panel.tsx';
import { NowPanel } from './now-panel.tsx';
import { OfflineDialog } from './offline-card.tsx';
import { PackDialog } from './pack-dialog.tsx';
import './room.css';
import { TimelinePanel } from './timeline-panel.tsx';

/** The room that is open, or the way to one. */
export const RoomPlace = () => {
  const log = useModel((model) => model.room);
  const go = useModel((model) => model.go);
  if (log === null)
    return (
      <EmptyState heading title="No room is open" action={<Button onPress={() => go('rooms')}>To the rooms</Button>}>
        Open one from the inbox or the list of rooms.
      </EmptyState>
    );
  return <OneRoom key={log} log={log} />;
};

const OneRoom = ({ log }: { readonly log: string }) => {
  const feed = useFeed('room.get', { log });
  const go = useModel((model) => model.go);
  if (feed.value === null)
    return feed.failure === null ? (
      <>
        <h1 className="sr-only">Opening the room</h1>
        <Loading label="Opening the room" rows={10} />
      </>
    ) : (
      <div className="gate-error">
        <h1 className="sr-only">This room did not open</h1>
        <ErrorCard
          failure={feed.failure}
          action={<Button small onPress={() => go('rooms')}>To the rooms</Button>} /* prettier-ignore */
        />
      </div>
    );
  return (
    <>
      {feed.failure === null ? null : <ErrorCard failure={feed.failure} quiet />}
      <RoomScreen room={feed.value} />
    </>
  );
};

const RoomScreen = ({ room }: { readonly room: Room }) => {
  const [open, set] = useState<RoomDialog>('none');
  const dialogs = useMemo(() => ({ open, set }), [open]);
  const show = useModel((model) => model.show);
  const enter = useModel((model) => model.enterRoom);
  const write = (): void => document.querySelector<HTMLElement>('[data-composer-text]')?.focus();
  useShortcuts({
    n: (event) => {
      event.preventDefault();
      write();
    },
    e: () => (room.can.export ? show('pack') : undefined),
    u: () => (room.can.write ? set('summary') : undefined),
  });
  const { mergedInto } = room;
  return (
    <RoomDialogContext value={dialogs}>
      <div className="room" data-testid="room" data-log={room.log}>
        <RoomHeader room={room} onWrite={write} />
        {mergedInto === null ? null : (
          <p className="room-merged">
            This room was merged into another one. <Button tone="link" onPress={() => enter(mergedInto)}>Go there</Button>
          </p> /* prettier-ignore */
        )}
        <ConflictBar room={room} />
        <ClockBar room={room} />
        <Panels room={room} />
        <RoomDialogs room={room} />
        <OfflineDialog room={room} />
        <PackDialog room={room} />
      </div>
    </RoomDialogContext>
  );
};

type Tab = 'timeline' | 'lineage' | 'happened' | 'now';

/**
 * Timeline at the left, lineage above what happened and now. What is known of an asset lies over what happened, never over the clocks or
 * Now: beside the lanes where there is room, else in their place until it is closed. One panel at a time where there is no room, or
 * when one fills it.
 */
const Panels = ({ room }: { readonly room: Room }) => {
  const small = useMedia('(max-width: 900px)');
  const [tab, setTab] = useState<Tab>('timeline');
  const maximised = useModel((model) => model.maximised);
  const settings = useModel((model) => model.settings);
  const change = useModel((model) => model.change);
  const asset = useChosenAsset();
  useAssetKey();
  const sheet =
    asset === null ? null : (
      <div className="asset-place">
        <AssetSheet room={room} asset={asset} />
      </div>
    );
  const panel = {
    timeline: <TimelinePanel room={room} />,
    lineage: <LineagePanel room={room} />,
    happened: <HappenedPanel room={room} />,
    now: <NowPanel room={room} />,
  } as const;
  if (small)
    return (
      <div className="room-single">
        <Segmented
          label="Panel"
          value={tab}
          options={[
            { id: 'timeline', label: 'Timeline' },
            { id: 'lineage', label: 'Lineage' },
            { id: 'happened', label: 'What happened' },
            { id: 'now', label: 'Now' },
          ]}
          onChange={setTab}
        />
        {panel[tab]}
        {sheet}
      </div>
    );
  if (maximised !== 'none')
    return (
      <div className="room-single">
        {panel[maximised]}
        {sheet}
      </div>
    );
  return (
    <div className="room-panels">
      <div className="room-left" style={{ width: settings.timelineWidth }}>
        {panel.timeline}
      </div>
      <Splitter
        label="Width of the timeline"
        axis="column"
        value={settings.timelineWidth}
        min={300}
        max={640}
        onChange={(timelineWidth) => change({ timelineWidth })}
      />
      <div className="room-work">
        <div className="room-lineage" style={settings.lineageHeight === 0 ? {} : { flexBasis: settings.lineageHeight }}>
          {panel.lineage}
        </div>
        <Splitter
          label="Height of the lineage"
          axis="row"
          value={settings.lineageHeight === 0 ? 280 : settings.lineageHeight}
          min={160}
          max={640}
          onChange={(lineageHeight) => change({ lineageHeight })}
        />
        <div className="room-lower">
          <div className="room-happened">
            {panel.happened}
            {sheet}
          </div>
          <Splitter
            label="Width of Now"
            axis="column"
            value={settings.nowWidth}
            min={220}
            max={480}
            sign={-1}
            onChange={(nowWidth) => change({ nowWidth })}
          />
          <div className="room-now" style={{ width: settings.nowWidth }}>
            {panel.now}
          </div>
        </div>
      </div>
    </div>
  );
};
