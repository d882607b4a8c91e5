import { Inbox, LayoutDashboard, List, Settings, Users, Waves } from 'lucide-react';
import type { ReactNode } from 'react';
import { Count, IconButton } from '../../kit/index.ts';
import { type Place, useModel } from '../../model/index.ts';
import { useStatus } from '../common/use.ts';

const size = { size: 18, strokeWidth: 1.75 } as const;
type Item = { readonly place: Place; readonly label: string; readonly icon: ReactNode; readonly key: string };
const top: readonly Item[] = [
  { place: 'inbox', label: 'Inbox', icon: <Inbox {...size} />, key: '1' },
  { place: 'rooms', label: 'Rooms', icon: <List {...size} />, key: '2' },
  { place: 'room', label: 'Open room', icon: <LayoutDashboard {...size} />, key: '3' },
  { place: 'people', label: 'People and shares', icon: <Users {...size} />, key: '4' },
];
const bottom: Item = { place: 'settings', label: 'Settings', icon: <Settings {...size} />, key: '5' };

/** Places, with counts that need a person. */
export const Rail = () => {
  const status = useStatus();
  const counts: Readonly<Partial<Record<Place, number>>> = {
    inbox: status?.inboxCount ?? 0,
    people: (status?.joinRequests ?? 0) + (status?.quarantined ?? 0),
  };
  return (
    <nav className="rail" aria-label="Places">
      <span className="rail-logo" aria-hidden="true">
        <Waves size={22} strokeWidth={2} />
      </span>
      {top.map((item) => (
        <RailItem key={item.place} item={item} count={counts[item.place] ?? 0} />
      ))}
      <span className="rail-gap" />
      <RailItem item={bottom} count={0} />
    </nav>
  );
};

const RailItem = ({ item, count }: { readonly item: Item; readonly count: number }) => {
  const place = useModel((model) => model.place);
  const room = useModel((model) => model.room);
  const go = useModel((model) => model.go);
  if (item.place === 'room' && room === null) return null;
  const here = place === item.place;
  return (
    <span className={here ? 'rail-item rail-here' : 'rail-item'}>
      <IconButton
        label={count === 0 ? item.label : `${item.label}, ${count} waiting`}
        kbd={item.key}
        onPress={() => go(item.place)}
        data-testid={`place-${item.place}`}
        {...(here ? { 'aria-current': 'page' as const } : {})}
      >
        {item.icon}
      </IconButton>
      {count === 0 ? null : <Count value={count} />}
    </span>
  );
};
