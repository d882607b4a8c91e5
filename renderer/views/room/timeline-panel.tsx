import { Bot, Maximize2, Minimize2, Search, X } from 'lucide-react';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Room } from '../../../shared/contract/room.ts';
import { loadOlder } from '../../actions/index.ts';
import {
  Button,
  EmptyState,
  ErrorCard,
  Field,
  IconButton,
  Loading,
  Panel,
  Segmented,
  useShortcuts,
  VirtualList,
} from '../../kit/index.ts';
import { entrySelected, feedKey, stitch, useModel } from '../../model/index.ts';
import { useFeed, useNow, useTimes } from '../common/use.ts';
import { Composer } from './composer.tsx';
import { Summary } from './summary.tsx';
import { EntryRow } from './entry-row.tsx';
import { fold, type TimelineItem, withHeadings } from './timeline-items.ts';
import './timeline.css';

const keyOf = (item: TimelineItem): string => item.key;
const pageSize = 200;

/** Everything that happened, machine facts and what people wrote, in one list; the composer below is always ready. */
export const TimelinePanel = ({ room }: { readonly room: Room }) => {
  const [order, setOrder] = useState<'happened' | 'recorded'>('happened');
  const [machine, setMachine] = useState(true);
  const [searching, setSearching] = useState(false);
  const [search, setSearch] = useState('');
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const input = useMemo(
    () => ({ log: room.log, order, machine, search: search.trim(), limit: pageSize }),
    [room.log, order, machine, search],
  );
  const feed = useFeed('room.timeline', input);
  const tail = useModel((model) => model.tails[feedKey('room.timeline', input)]);
  const selection = useModel((model) => model.selection);
  const select = useModel((model) => model.select);
  const maximised = useModel((model) => model.maximised === 'timeline');
  const maximise = useModel((model) => model.maximise);
  const view = stitch(feed.value, tail);
  const items = withHeadings(fold(view.rows, opened, (entry) => entrySelected(selection, entry)));
  const more = useCallback(() => void loadOlder(input), [input]);
  const box = useRef<HTMLDivElement>(null);

  const step = (by: number): void => {
    const rows = items.flatMap((item) => (item.kind === 'entry' ? [item.entry] : []));
    const at = rows.findIndex((row) => row.id === selection.entry);
    const next = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next !== undefined) select({ entry: next.id, assets: next.assets });
  };
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    t: () => maximise('timeline'),
    '/': (event) => {
      event.preventDefault();
      setSearching(true);
      requestAnimationFrame(() => box.current?.querySelector('input')?.focus());
    },
  });
  const contested = new Set(
    [room.severity, room.phase, room.commander, room.class, room.title, room.harm, room.summary].flatMap((one) =>
      one.conflict.map((side) => side.hash),
    ),
  );

  return (
    <Panel
      title="Timeline"
      className="timeline-panel"
      data-testid="timeline"
      tools={
        <>
          <Segmented
            label="Order"
            value={order}
            options={[
              { id: 'happened', label: 'Happened' },
              { id: 'recorded', label: 'Recorded' },
            ]}
            onChange={setOrder} /* prettier-ignore */
          />
          <IconButton
            label="Search the timeline"
            kbd="/"
            onPress={() => setSearching(!searching)}
            data-testid="timeline-search"
          >
            <Search size={16} strokeWidth={1.75} />
          </IconButton>
          <IconButton
            label={machine ? 'Hide machine entries' : 'Show machine entries'}
            aria-pressed={machine}
            onPress={() => setMachine(!machine)}
            className={machine ? 'icon-on' : ''}
          >
            <Bot size={16} strokeWidth={1.75} />
          </IconButton>
          <IconButton
            label={maximised ? 'Back to the whole room' : 'Timeline fills the room'}
            kbd="T"
            onPress={() => maximise('timeline')}
          >
            {maximised ? <Minimize2 size={15} strokeWidth={1.75} /> : <Maximize2 size={15} strokeWidth={1.75} />}
          </IconButton>
        </>
      }
    >
      {searching ? (
        <div className="timeline-search" ref={box}>
          <Field
            label="Search the timeline"
            hideLabel
            value={search}
            onChange={setSearch}
            placeholder="Words in title or text"
            testId="timeline-search-text"
          />
          <span className="cap">{feed.value === null ? '' : view.total}</span>
          <IconButton
            label="End the search"
            onPress={() => { setSearching(false); setSearch(''); }} /* prettier-ignore */
          >
            <X size={15} strokeWidth={1.75} />
          </IconButton>
        </div>
      ) : null}
      <Summary room={room} />
      {room.withoutEffect + room.unknown === 0 ? null : (
        <p className="timeline-note cap">
          {[
            room.withoutEffect === 0 ? '' : `${room.withoutEffect} without effect`,
            room.unknown === 0 ? '' : `${room.unknown} of a newer version, kept`,
          ]
            .filter((words) => words !== '')
            .join(' · ')}
        </p>
      )}
      {feed.failure === null ? null : <ErrorCard failure={feed.failure} quiet={feed.value !== null} />}
      {feed.value === null && feed.failure === null ? (
        <Loading label="Loading the timeline" rows={8} />
      ) : (
        <VirtualList
          label={`Timeline, ${view.total} entries`}
          items={items}
          keyOf={keyOf}
          estimate={74}
          showKey={selection.entry}
          onEnd={more}
          rowProps={(item): Record<`data-${string}`, string> =>
            item.kind === 'entry'
              ? {
                  'data-testid': 'entry',
                  'data-entry-id': item.entry.id,
                  'data-kind': item.entry.factKind ?? item.entry.kind,
                  'data-ledger': item.entry.ledger,
                  'data-selected': String(entrySelected(selection, item.entry)),
                }
              : { 'data-line': item.kind }
          }
          empty={
            <EmptyState title={search === '' ? 'Nothing is recorded yet' : 'No entry has these words'}>
              {search === '' ? 'Write the first line below.' : ''}
            </EmptyState>
          }
          foot={
            view.failure === null ? null : (
              <ErrorCard
                failure={view.failure}
                quiet
                action={<Button small onPress={more}>Load older entries</Button>} /* prettier-ignore */
              />
            )
          }
          render={(item) => (
            <Line
              item={item}
              log={room.log}
              contested={contested}
              canWrite={room.can.write}
              onOpen={(key) => setOpened(new Set([...opened, key]))}
            />
          )}
        />
      )}
      <Composer room={room} />
    </Panel>
  );
};

type LineProps = {
  readonly item: TimelineItem;
  readonly log: string;
  readonly contested: ReadonlySet<string>;
  readonly canWrite: boolean;
  readonly onOpen: (key: string) => void;
};

const Line = ({ item, log, contested, canWrite, onOpen }: LineProps) => {
  const times = useTimes();
  const now = useNow();
  if (item.kind === 'entry')
    return <EntryRow entry={item.entry} log={log} contested={contested.has(item.entry.id)} canWrite={canWrite} />;
  if (item.kind === 'heading')
    return (
      <h3 className="timeline-heading">
        <span>{item.title}</span>
        <span className="timeline-heading-line" />
        <span className="cap">
          {item.from === null
            ? `to ${times.near(item.to ?? '', now)}`
            : item.to === null
              ? `since ${times.near(item.from, now)}`
              : `${times.near(item.from, now)} – ${times.near(item.to, now)}`}
        </span>
      </h3>
    );
  const [newest, oldest] = [item.rows[0], item.rows.at(-1)];
  return (
    <button type="button" className="timeline-fold" data-row onClick={() => onOpen(item.key)}>
      <Bot size={14} strokeWidth={1.75} aria-hidden />
      {item.rows.length} machine entries, {times.near(oldest?.happenedAt ?? '', now)} to{' '}
      {times.near(newest?.happenedAt ?? '', now)}
    </button>
  );
};
