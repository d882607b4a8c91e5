import { useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { allows } from '../../../shared/domain/policy.ts';
import { act } from '../../actions/index.ts';
import { Button, Chip, counted } from '../../kit/index.ts';
import { selectDraft, store } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useNow, useStatus, useTimes } from '../common/use.ts';
import { newRoomDraft, NewRoom } from '../rooms/new-room.tsx';
import { Section } from './section.tsx';
import { WatchFind } from './watch-find.tsx';

type Row = CallOutput<'watch.list'>['rows'][number];

/** What the background reads although no room is about it: with few rights, what is named here is all that there is to see. */
export const WatchList = () => {
  const feed = useFeed('watch.list', {});
  const roles = useStatus()?.you.roles ?? [];
  const may = allows(roles, 'lake.refresh');
  const [making, setMaking] = useState(false);
  const openRoom = (rows: readonly Row[]): void => {
    const model = store.getState();
    // What was typed before and not sent stays.
    const named = (selectDraft(newRoomDraft)(model)['affected'] ?? '').split('\n').filter((line) => line.trim() !== '');
    model.typed(newRoomDraft, {
      affected: [...new Set([...named, ...rows.map(({ line }) => line)])].join('\n'),
    });
    setMaking(true);
  };
  return (
    <Section title="Watched without a room">
      <p className="cap">
        Versions, columns and runs of these are read whenever the workspace is read, also when no room is about them, as
        far as you may see them. The list is on this device only.
      </p>
      {may ? <WatchFind /> : null}
      <FeedGate feed={feed} label="the list">
        {({ rows }) =>
          rows.length === 0 ? (
            <p className="cap" data-testid="watch-empty">
              Nothing is named. Rooms and what waits in the inbox are read around anyway.
            </p>
          ) : (
            <>
              <ul className="watch-list" aria-label="Watched">
                {rows.map((row) => (
                  <Watched
                    key={`${row.kind} ${row.name} ${row.asset ?? ''}`}
                    row={row}
                    may={may}
                    {...(allows(roles, 'room.open') ? { openRoom: () => openRoom([row]) } : {})}
                  />
                ))}
              </ul>
              {rows.length < 2 || !allows(roles, 'room.open') ? null : (
                <div className="line">
                  <Button small onPress={() => openRoom(rows)} data-testid="watch-room">
                    Open a room about all of these
                  </Button>
                </div>
              )}
            </>
          )
        }
      </FeedGate>
      <NewRoom open={making} onClose={() => setMaking(false)} />
    </Section>
  );
};

const Watched = ({
  row,
  may,
  openRoom,
}: {
  readonly row: Row;
  readonly may: boolean;
  readonly openRoom?: () => void;
}) => {
  const now = useNow();
  const times = useTimes();
  const { kind, name, asset, workspace } = row;
  return (
    <li className="watch-row" data-testid="watched" data-kind={kind} data-name={name} data-seen={String(row.seen)}>
      <div className="watch-name">
        <p className="line">
          <span className="strong cut">{row.label}</span>
          <span className="cap">{kind}</span>
          {workspace === null ? null : <Chip>{workspace}</Chip>}
          {row.seen ? null : <Chip tone="warn">not seen yet</Chip>}
        </p>
        {row.detail === '' ? null : <p className="cap watch-detail">{row.detail}</p>}
        <p className="cap">
          {row.latest !== null
            ? `${counted(row.facts, 'fact', 'facts')}. ${times.near(row.latest.at, now)}: ${row.latest.title}`
            : row.seen
              ? 'Known by name; nothing has happened to it so far.'
              : 'Nothing read so far speaks of it. It may not be there, or you may not see it.'}
        </p>
      </div>
      <span className="line watch-acts">
        {openRoom === undefined ? null : (
          <Button small tone="quiet" onPress={openRoom} aria-label={`Open a room about ${row.label}`}>
            Open a room
          </Button>
        )}
        {may ? (
          <Button
            small
            tone="quiet"
            onPress={() => void act('watch.remove', { kind, name, ...(asset === null ? {} : { asset }) })}
            aria-label={`Take ${row.label} off the list`}
            data-testid="watch-remove"
          >
            Remove
          </Button>
        ) : null}
      </span>
    </li>
  );
};
