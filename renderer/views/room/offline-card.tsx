import type { OfflineCard } from '../../../shared/contract/offline.ts';
import type { Room } from '../../../shared/contract/room.ts';
import { act } from '../../actions/index.ts';
import { Button, Chip, counted, Dialog, fileSize, type Times } from '../../kit/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { notFollowed, offlineWords, saysWhy, withoutEstimate } from '../common/offline-words.ts';
import { useFeed, useNow, useStatus, useTimes } from '../common/use.ts';
import { useRoomDialog } from './dialog-state.ts';
import './offline.css';
import { OfflineChoice } from './offline-choice.tsx';
import { OfflineSources } from './offline-sources.tsx';

/** The boarding check of a room: what is on this device, how large, how old, what was refused; one button. */
export const OfflineDialog = ({ room }: { readonly room: Room }) => {
  const { open, set } = useRoomDialog();
  return (
    <Dialog title="Pack for offline" kind="wide" open={open === 'offline'} onClose={() => set('none')}>
      {open === 'offline' ? <Card log={room.log} /> : null}
    </Dialog>
  );
};

const Card = ({ log }: { readonly log: string }) => {
  const feed = useFeed('offline.get', { log });
  return (
    <FeedGate feed={feed} label="what is packed">
      {(card) => (
        <div className="stack" data-testid="offline-card" data-state={card.badge.state}>
          <Answer card={card} />
          <Numbers card={card} />
          <OfflineChoice log={log} card={card} />
          <OfflineSources
            sources={card.sources}
            told={saysWhy(card.badge) ? (card.badge.withheld ?? []).map(({ workspace }) => workspace) : []}
          />
          <Press log={log} card={card} />
        </div>
      )}
    </FeedGate>
  );
};

/** The one sentence. Its words change rarely, so that a reader of the screen is told of each. */
const Answer = ({ card }: { readonly card: OfflineCard }) => {
  const now = useNow();
  const words = offlineWords(card.badge, now);
  const isCapped = useStatus()?.notices.some(({ tag }) => tag === 'LimitReached') === true;
  const { pack } = card;
  return (
    <div>
      <p className={`offline-answer tone-${words?.tone ?? 'plain'}`} role="status">
        {words?.text ?? 'Not packed on this device'}
      </p>
      <p className="cap">
        {words?.why ?? 'Everything around its assets can be kept here for when the network is gone.'}
        {words === null && isCapped
          ? ' The limit of today is reached: packing by itself starts after 00:00 UTC, by hand it starts now.'
          : ''}
      </p>
      {pack === null || pack.note === null || card.badge.state === 'held' ? null : <p className="cap">{pack.note}</p>}
      {pack === null || pack.released === null ? null : (
        <p className="cap">
          {counted(pack.released.removed, 'fact', 'facts')} removed,{' '}
          {counted(pack.released.cited, 'cited fact', 'cited facts')} kept.
        </p>
      )}
    </div>
  );
};

const number = (value: number): string => value.toLocaleString('en-GB');

const windowWords = (pack: NonNullable<OfflineCard['pack']>, times: Times, now: number): string =>
  `${times.near(pack.from, now)} to ${pack.to === null ? 'now' : times.near(pack.to, now)}`;

const Numbers = ({ card }: { readonly card: OfflineCard }) => {
  const now = useNow();
  const times = useTimes();
  const { pack } = card;
  if (pack === null || pack.released !== null) return null;
  const facts: readonly (readonly [string, string, string])[] = [
    [
      'In it now',
      pack.facts === null ? '–' : counted(pack.facts, 'fact', 'facts'),
      pack.facts === null ? 'counted at the end' : counted(pack.links, 'link of lineage', 'links of lineage'),
    ],
    ['Size', fileSize(pack.bytes), `at most ${card.choice.megabytes ?? card.limits.megabytes} MB`],
    [
      pack.running ? 'Coming in' : 'Last packing',
      counted(pack.rows, 'row', 'rows'),
      [
        ...(pack.running && pack.estimate !== null ? [`about ${number(pack.estimate.rows)} expected`] : []),
        counted(pack.statements, 'statement', 'statements'),
        counted(pack.calls, 'REST call', 'REST calls'),
      ].join(', '),
    ],
    [
      'Complete',
      pack.finishedAt === null ? 'not yet' : times.near(pack.finishedAt, now),
      pack.finishedAt === null ? `began ${times.near(pack.startedAt, now)}` : 'last time',
    ],
    [
      'Window',
      windowWords(pack, times, now),
      `${counted(pack.reach, 'hop', 'hops')}, ${counted(pack.assets, 'asset', 'assets')}`,
    ],
  ];
  return (
    <>
      <dl className="offline-numbers">
        {facts.map(([name, value, note]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd className={name === 'Window' ? 'offline-window' : 'clock-value'}>{value}</dd>
            <dd className="cap">{note}</dd>
          </div>
        ))}
      </dl>
      {pack.leftOut === 0 ? null : (
        <p>
          <Chip tone="warn">left out</Chip> {counted(pack.leftOut, 'asset', 'assets')} farther than{' '}
          {counted(pack.reach, 'hop', 'hops')} did not fit into the limits of this room.
        </p>
      )}
      {pack.leftOut > 0 || pack.reach >= pack.hops ? null : (
        <p data-testid="offline-not-followed">
          <Chip tone="warn">left out</Chip> {notFollowed(pack.reach)}
        </p>
      )}
      {pack.estimate === null || pack.finishedAt !== null ? null : (
        <p className="cap">{withoutEstimate(pack.estimate).join(' ')}</p>
      )}
    </>
  );
};

/** Something else is chosen than what was packed last. */
const isOther = ({ choice, window }: OfflineCard, pack: NonNullable<OfflineCard['pack']>): boolean =>
  pack.hops !== choice.hops || pack.from !== window.from || pack.to !== window.to;

/** One filled button: what is next. */
const Press = ({ log, card }: { readonly log: string; readonly card: OfflineCard }) => {
  const { pack, badge } = card;
  const disabled = !card.can.pack;
  const start = (): void => void act('offline.start', { log });
  const isGoing = pack?.running === true;
  const isPaused = badge.state === 'paused' || pack?.paused === true || pack?.held === true;
  return (
    <div className="line offline-press">
      <span className="cap">
        {disabled ? 'Your roles do not include packing a room.' : 'Reading only; nothing is changed in the workspace.'}
      </span>
      <span className="push line">
        {isGoing || isPaused ? (
          <Button
            isDisabled={disabled}
            onPress={() => void act('offline.cancel', { log })}
            data-testid="offline-cancel"
          >
            Cancel
          </Button>
        ) : null}
        {isGoing ? (
          <Button
            tone="primary"
            isDisabled={disabled}
            onPress={() => void act('offline.pause', { log })}
            data-testid="offline-pause"
          >
            Pause
          </Button>
        ) : isPaused ? (
          <Button
            tone="primary"
            isDisabled={disabled}
            onPress={() => void act('offline.resume', { log })}
            data-testid="offline-resume"
          >
            Go on
          </Button>
        ) : (
          <Button tone="primary" isDisabled={disabled} onPress={start} data-testid="offline-start">
            {pack === null || pack.finishedAt === null || pack.released !== null
              ? 'Pack for offline'
              : isOther(card, pack)
                ? 'Pack as chosen'
                : 'Fetch what is new'}
          </Button>
        )}
      </span>
    </div>
  );
};
