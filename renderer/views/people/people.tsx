import type { People } from '../../../shared/contract/share.ts';
import { act } from '../../actions/index.ts';
import { ago, Button, Chip, counted, EmptyState, Panel, VirtualList } from '../../kit/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useNow, useTimes } from '../common/use.ts';
import { roleNotes, roleWords } from '../common/words.ts';
import { JoinRequest } from './join-request.tsx';
import './people.css';
import { Shares } from './shares.tsx';

type Row = People['people'][number];
type Device = Row['devices'][number];

/** Who is here, who asks to come in, and how entries travel. */
export const PeoplePlace = () => {
  const feed = useFeed('people.list', {});
  return (
    <div className="place-page">
      <header className="place-head">
        <h1 className="place-title">People and shares</h1>
      </header>
      <div className="people-grid">
        <Panel
          title="People"
          note={feed.value === null ? undefined : counted(feed.value.people.length, 'person', 'people')}
        >
          <FeedGate feed={feed} label="people">
            {(people) => (
              <>
                <Asking people={people} />
                <VirtualList
                  label="People"
                  items={people.people}
                  keyOf={(row) => row.person.id}
                  estimate={92}
                  rowProps={(row) => ({
                    'data-testid': 'person',
                    'data-person': row.person.id,
                    'data-you': String(row.person.you),
                    'data-attested': String(row.person.attested),
                  })}
                  empty={
                    <EmptyState title="Nobody but this device">
                      Set up a share, or join one: then others appear here.
                    </EmptyState>
                  }
                  render={(row) => <PersonRow row={row} />}
                />
              </>
            )}
          </FeedGate>
        </Panel>
        <Shares />
      </div>
    </div>
  );
};

const Asking = ({ people }: { readonly people: People }) => {
  const asking = people.people.flatMap((row) =>
    row.devices.filter((device) => device.state === 'asking' && !device.you).map((device) => ({ row, device })),
  );
  if (asking.length === 0) return null;
  return (
    <ul className="asking" aria-label="Join requests">
      {asking.map(({ row, device }) => (
        <li key={device.id} data-testid="join-request" data-device={device.id}>
          <JoinRequest row={row} device={device} people={people} />
        </li>
      ))}
    </ul>
  );
};

const PersonRow = ({ row }: { readonly row: Row }) => (
  <article className="person">
    <header className="line">
      <span className="strong" data-row tabIndex={-1}>
        {row.person.name}
      </span>
      {row.person.you ? <Chip tone="sea">you</Chip> : null}
      {row.person.attested ? null : <Chip tone="warn">not attested</Chip>}
      {row.email === null ? null : <span className="cap">{row.email}</span>}
      <span className="push line">
        {row.roles.map(({ role }) => (
          <Chip key={role} title={roleNotes[role]}>
            {roleWords[role]}
          </Chip>
        ))}
        {row.roles.length === 0 ? <span className="cap">no role</span> : null}
      </span>
    </header>
    <ul className="devices" aria-label={`Devices of ${row.person.name}`}>
      {row.devices.map((device) => (
        <DeviceRow key={device.id} device={device} />
      ))}
    </ul>
  </article>
);

const stateWords = { attested: 'admitted', asking: 'asks to join', revoked: 'revoked' } as const;

const DeviceRow = ({ device }: { readonly device: Device }) => {
  const now = useNow();
  const times = useTimes();
  return (
    <li className="device">
      <span>{device.label ?? 'unnamed device'}</span>
      <code className="mono">{device.fingerprint}</code>
      <span className={device.state === 'attested' ? 'cap' : 'cap tone-warn'}>{stateWords[device.state]}</span>
      <span className="cap push" title={device.lastSeen === null ? '' : times.full(device.lastSeen)}>
        {device.you
          ? 'this device'
          : device.lastSeen === null
            ? 'never seen'
            : `last seen ${ago(device.lastSeen, now)}`}
      </span>
      {device.you || device.state !== 'attested' ? null : (
        <Button tone="quiet" small onPress={() => void act('device.revoke', { device: device.id })}>
          Revoke
        </Button>
      )}
    </li>
  );
};
