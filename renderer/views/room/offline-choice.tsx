import { useState } from 'react';
import type { CallInput } from '../../../shared/contract/calls.ts';
import type { OfflineCard, OfflineChoice as Choice } from '../../../shared/contract/offline.ts';
import type { Status } from '../../../shared/contract/status.ts';
import { act } from '../../actions/index.ts';
import { age, Button, Chip, Choose, counted, fileSize, span } from '../../kit/index.ts';
import { notFollowed, withoutEstimate } from '../common/offline-words.ts';
import { useNow, useStatus, useTimes } from '../common/use.ts';
import { type Estimate, useEstimate } from './use-estimate.ts';

const number = (value: number): string => value.toLocaleString('en-GB');
/** The steps that are offered, and what is chosen already where it is none of them. */
const steps = (offered: readonly number[], chosen: number | null): readonly number[] =>
  [...new Set([...offered, ...(chosen === null ? [] : [chosen])])].sort((a, b) => a - b);

const hopOptions = [1, 2, 3, 4, 5, 6].map((hops) => ({ id: String(hops), label: counted(hops, 'hop', 'hops') }));
const beforeOptions = (chosen: number) =>
  steps([1, 3, 7, 14, 30, 60, 90], chosen).map((days) => ({
    id: String(days),
    label: `${counted(days, 'day', 'days')} before`,
  }));
const afterOptions = (chosen: number | null) => [
  { id: 'now', label: 'now' },
  ...steps([0, 1, 3, 7, 14], chosen).map((days) => ({
    id: String(days),
    label: days === 0 ? 'the onset itself' : `${counted(days, 'day', 'days')} after`,
  })),
];
const limitOptions = (offered: readonly number[], chosen: number | null, device: number, unit: string) => [
  { id: 'device', label: `As in Settings: ${number(device)}${unit}` },
  ...steps(offered, chosen).map((most) => ({ id: String(most), label: `${number(most)}${unit}` })),
];

type Props = { readonly log: string; readonly card: OfflineCard };

/** How far, around when, and how much at most: remembered for the room, and counted again when it changes. */
export const OfflineChoice = ({ log, card }: Props) => {
  const { pack } = card;
  const isNew = pack === null || pack.finishedAt === null || pack.released !== null;
  const [open, setOpen] = useState(isNew);
  return (
    <details className="offline-choice" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary data-testid="offline-how">How far, and around when</summary>
      {open ? <Form log={log} card={card} /> : null}
    </details>
  );
};

const Form = ({ log, card }: Props) => {
  const { choice, limits } = card;
  const choose = (change: Partial<Choice>): void =>
    void act('offline.choose', { log, ...change } satisfies CallInput<'offline.choose'>);
  const limit = (id: string): number | null => (id === 'device' ? null : Number(id));
  return (
    <>
      <div className="offline-form">
        <Choose
          label="Up and down from its assets"
          value={String(choice.hops)}
          options={hopOptions}
          onChange={(hops) => choose({ hops: Number(hops) })}
          testId="offline-hops"
        />
        <Choose
          label="From, around the onset"
          value={String(choice.before)}
          options={beforeOptions(choice.before)}
          onChange={(before) => choose({ before: Number(before) })}
          testId="offline-before"
        />
        <Choose
          label="Until"
          value={choice.after === null ? 'now' : String(choice.after)}
          options={afterOptions(choice.after)}
          onChange={(after) => choose({ after: after === 'now' ? null : Number(after) })}
          testId="offline-after"
        />
        <Choose
          label="Rows at most, for this room"
          value={choice.rows === null ? 'device' : String(choice.rows)}
          options={limitOptions([50_000, 200_000, 1_000_000], choice.rows, limits.rows, '')}
          onChange={(id) => choose({ rows: limit(id) })}
          testId="offline-rows"
        />
        <Choose
          label="Size at most, for this room"
          value={choice.megabytes === null ? 'device' : String(choice.megabytes)}
          options={limitOptions([50, 200, 1_000], choice.megabytes, limits.megabytes, ' MB')}
          onChange={(id) => choose({ megabytes: limit(id) })}
          testId="offline-megabytes"
        />
      </div>
      <WindowWords card={card} />
      <Expected log={log} card={card} />
    </>
  );
};

const WindowWords = ({ card }: { readonly card: OfflineCard }) => {
  const times = useTimes();
  const now = useNow();
  const { onset, known, from, to } = card.window;
  return (
    <p className="cap" data-testid="offline-window">
      {known ? 'Onset' : 'The onset is not known; the room was opened'} {times.near(onset, now)}. What happened from{' '}
      {times.near(from, now)} to {to === null ? 'now' : times.near(to, now)}.
    </p>
  );
};

/** Why nothing can be counted by itself now; null = it can. */
const obstacle = (status: Status | null, may: boolean): { readonly text: string; readonly press: boolean } | null => {
  if (!may) return { text: 'Your roles do not include packing a room.', press: false };
  if (status === null) return { text: '', press: false };
  if (status.workspaces.every(({ state }) => state !== 'online')) {
    const why = status.workspace.failure?.what ?? 'No workspace is connected.';
    return {
      text: `${why} So it cannot be counted now. The choice is kept; packing begins when the connection is back.`,
      press: false,
    };
  }
  if (status.notices.some(({ tag }) => tag === 'LimitReached'))
    return { text: 'The limit of today is reached, so it is counted only when you say so.', press: true };
  const asleep = status.workspaces.some(
    ({ warehouse }) => warehouse !== null && ['stopped', 'stopping'].includes(warehouse.state),
  );
  if (asleep) return { text: 'The SQL warehouse is stopped. Counting starts it.', press: true };
  const untold = status.workspaces.some(
    ({ kind, state, warehouse }) => kind === 'workspace' && state === 'online' && warehouse === null,
  );
  return untold ? { text: 'Whether the SQL warehouse runs cannot be told. Counting may start it.', press: true } : null;
};

/** When it was counted, and what that took: counting is not free. */
const countedWords = ({ at, spent }: NonNullable<Estimate['counted']>, now: number): string => {
  const when = now - Date.parse(at) < 60_000 ? 'Counted now' : `Counted ${age(at, now)} ago`;
  const calls = spent.calls === 0 ? '' : ` and ${counted(spent.calls, 'REST call', 'REST calls')}`;
  return `${when} with ${counted(spent.statements, 'statement', 'statements')}${calls}; nothing was fetched.`;
};

const Expected = ({ log, card }: Props) => {
  const now = useNow();
  const found = obstacle(useStatus(), card.can.pack);
  const isGoing = card.pack?.running === true;
  const { choice, limits } = card;
  const key = JSON.stringify([choice, limits.rows, limits.megabytes, card.pack?.finishedAt ?? null]);
  const estimate = useEstimate(log, key, found === null && !isGoing);
  return (
    <div className="offline-expected" data-testid="offline-expected" data-busy={String(estimate.busy)}>
      <Numbers estimate={estimate} hops={choice.hops} />
      <p className="cap line" role="status" data-testid="offline-estimate">
        <span title={[...(estimate.counted?.uncounted ?? []), ...(estimate.counted?.unestimated ?? [])].join(', ')}>
          {estimate.busy
            ? 'Counting what there is.'
            : estimate.failure !== null
              ? `${estimate.failure.what} ${estimate.failure.advice}`
              : estimate.counted !== null
                ? [countedWords(estimate.counted, now), ...withoutEstimate(estimate.counted)].join(' ')
                : isGoing
                  ? 'It is being packed; a change holds from the next packing on.'
                  : (found?.text ?? '')}
        </span>
        {estimate.busy || (found !== null && !found.press) || (found === null && estimate.failure === null) ? null : (
          <span className="push">
            <Button small onPress={estimate.count} data-testid="offline-count">
              {estimate.failure === null || estimate.failure.tag === 'NotByItself' ? 'Count' : 'Count again'}
            </Button>
          </span>
        )}
      </p>
    </div>
  );
};

const Numbers = ({
  estimate: { counted: value, busy },
  hops,
}: {
  readonly estimate: Estimate;
  readonly hops: number;
}) => {
  const facts: readonly (readonly [string, string])[] = [
    ['Rows', value === null ? '–' : `about ${number(value.rows)}`],
    ['Size', value === null ? '–' : `about ${fileSize(value.bytes)}`],
    ['Statements', value === null ? '–' : `${number(value.statements)} + ${counted(value.calls, 'call', 'calls')}`],
    ['Time', value === null ? '–' : value.ms < 1000 ? 'under 1 s' : span(value.ms)],
  ];
  if (value === null && !busy) return null;
  return (
    <>
      <dl className="offline-numbers offline-four" aria-label="What packing would bring">
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd className="offline-value">{text}</dd>
          </div>
        ))}
      </dl>
      {value === null || value.leftOut === 0 ? null : (
        <p>
          <Chip tone="warn">left out</Chip> {counted(value.leftOut, 'asset', 'assets')} farther than{' '}
          {counted(value.reach, 'hop', 'hops')} would not fit into the limits of this room.
        </p>
      )}
      {value === null || value.leftOut > 0 || value.reach >= hops ? null : (
        <p data-testid="offline-not-followed">
          <Chip tone="warn">left out</Chip> {notFollowed(value.reach)}
        </p>
      )}
    </>
  );
};
