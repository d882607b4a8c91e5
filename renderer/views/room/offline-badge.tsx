import { Luggage } from 'lucide-react';
import type { Room } from '../../../shared/contract/room.ts';
import { Button } from '../../kit/index.ts';
import { useMedia, useNow } from '../common/use.ts';
import { offlineWords } from '../common/offline-words.ts';
import { useRoomDialog } from './dialog-state.ts';

/** Answers "could I leave now?" in the header; opens the card. */
export const OfflineBadge = ({ room }: { readonly room: Room }) => {
  const now = useNow();
  const { set } = useRoomDialog();
  const narrow = useMedia('(max-width: 1560px)');
  const words = offlineWords(room.offline, now);
  const text = words?.text ?? 'Not packed';
  return (
    <Button
      tone="quiet"
      className={`offline-badge tone-${words?.tone ?? 'plain'}`}
      icon={<Luggage size={15} strokeWidth={1.75} aria-hidden />}
      onPress={() => set('offline')}
      data-testid="offline-badge"
      data-state={room.offline.state}
      aria-label={`For working offline: ${text}. ${words?.why ?? 'This room is not packed on this device.'}`}
    >
      {narrow ? <span className="offline-short">{short(room.offline.state, room.offline)}</span> : text}
    </Button>
  );
};

const short = (state: Room['offline']['state'], { done, total }: Room['offline']): string =>
  state === 'ready'
    ? 'Ready'
    : state === 'packing' || state === 'waiting' || state === 'paused'
      ? `${done}/${total}`
      : state === 'partly'
        ? 'Partly'
        : state === 'stale'
          ? 'Old'
          : state === 'held'
            ? 'Held'
            : '';
