import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { RoomRow } from '../../../shared/contract/room.ts';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { act } from '../../actions/index.ts';
import { ago, Badge, Button, Chip, counted, EmptyState, VirtualList } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { offlineWords } from '../common/offline-words.ts';
import { useFeed, useNow } from '../common/use.ts';
import { classWords, phaseWords, severityTone, whoWords } from '../common/words.ts';
import { NewRoom } from './new-room.tsx';
import './rooms.css';

type Page = CallOutput<'rooms.list'>;
const input = { limit: 200 };

/** All rooms of this device, newest first. */
export const RoomsPlace = () => {
  const feed = useFeed('rooms.list', input);
  const [making, setMaking] = useState(false);
  return (
    <div className="place-page">
      <header className="place-head">
        <h1 className="place-title">Rooms</h1>
        <p className="cap">{feed.value === null ? '' : counted(feed.value.total, 'room', 'rooms')}</p>
        <Button
          className="push"
          icon={<Plus size={16} strokeWidth={1.75} />}
          onPress={() => setMaking(true)}
          data-testid="room-by-hand"
        >
          Open a room by hand
        </Button>
      </header>
      <div className="panel rooms-panel">
        <FeedGate feed={feed} label="rooms">
          {(page) => <List page={page} />}
        </FeedGate>
      </div>
      <NewRoom open={making} onClose={() => setMaking(false)} />
    </div>
  );
};

const List = ({ page }: { readonly page: Page }) => {
  const [older, setOlder] = useState<{
    readonly rows: readonly RoomRow[];
    readonly next: string | null;
    readonly busy: boolean;
  } | null>(null);
  const next = older === null ? page.next : older.next;
  const more = async (): Promise<void> => {
    if (next === null || older?.busy === true) return;
    setOlder({ rows: older?.rows ?? [], next, busy: true });
    const answer = await act('rooms.list', { ...input, before: next });
    setOlder({
      rows: [...(older?.rows ?? []), ...(answer?.rows ?? [])],
      next: answer === null ? null : answer.next,
      busy: false,
    });
  };
  const present = new Set(page.rows.map((row) => row.log));
  return (
    <VirtualList
      label="Rooms"
      items={[...page.rows, ...(older?.rows ?? []).filter((row) => !present.has(row.log))]}
      keyOf={(row) => row.log}
      estimate={52}
      onEnd={() => void more()}
      rowProps={(row) => ({ 'data-testid': 'room-row', 'data-log': row.log })}
      empty={<EmptyState title="No room yet">Open one from a proposed incident in the inbox, or by hand.</EmptyState>}
      render={(row) => <Row row={row} />}
    />
  );
};

/** Could I leave now, with this room? */
const Offline = ({ row }: { readonly row: RoomRow }) => {
  const words = offlineWords(row.offline, useNow());
  return words === null ? null : (
    <Chip tone={words.tone} title={words.why}>
      {words.text}
    </Chip>
  );
};

const Row = ({ row }: { readonly row: RoomRow }) => {
  const now = useNow();
  const enter = useModel((model) => model.enterRoom);
  return (
    <div className="room-row">
      <Badge tone={severityTone(row.severity)}>{row.severity ?? 'none'}</Badge>
      <button type="button" className="room-row-title" data-row onClick={() => enter(row.log)}>
        {row.title}
      </button>
      {row.class === null ? null : <Chip>{classWords[row.class]}</Chip>}
      {row.mergedInto === null ? null : <Chip>merged into another room</Chip>}
      {row.conflicts === 0 ? null : <Chip tone="warn">{counted(row.conflicts, 'value', 'values')} to settle</Chip>}
      {row.onlyHere === 0 ? null : <Chip tone="warn">{row.onlyHere} only here</Chip>}
      <Offline row={row} />
      <span className="room-row-facts">
        <span>{row.phase === null ? '' : phaseWords[row.phase]}</span>
        <span>
          {row.commander === null ? 'nobody commands' : row.commander.you ? 'You command' : whoWords(row.commander)}
        </span>
        <span className="cap">
          {row.lastEntryAt === null ? 'no entry yet' : `last entry ${ago(row.lastEntryAt, now)}`}
        </span>
      </span>
    </div>
  );
};
