import type { Freshness } from '../../../shared/contract/status.ts';
import {
  age,
  ago,
  Button,
  Chip,
  counted,
  Dialog,
  EmptyState,
  type Times,
  type Tone,
  withMoments,
} from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { bySameReason } from '../common/same-reason.ts';
import { useNow, useStatus, useTimes } from '../common/use.ts';
import { type AgeGroup, ageGroups, groupOf, summaryOf } from './age-summary.ts';

const ageWords = (fact: Freshness, now: number): string => {
  if (fact.state === 'denied') return 'denied';
  if (fact.state === 'missing') return 'not there';
  const at = fact.completeTo ?? fact.observedAt;
  return at === null ? 'never read' : age(at, now);
};

const details = (fact: Freshness, times: Times, now: number): readonly string[] => [
  [
    fact.completeTo === null ? null : `facts to ${times.full(fact.completeTo)}`,
    fact.observedAt === null ? null : `read ${times.full(fact.observedAt)}`,
  ]
    .filter((one) => one !== null)
    .join(', '),
  fact.missing.length === 0 ? '' : `Without columns: ${fact.missing.join(', ')}`,
  fact.note === null ? '' : withMoments(fact.note, times, now),
];

const keyOf = (fact: Freshness): string => `${fact.source} ${fact.workspace ?? ''}`;

/** One line of how old facts are; every source is one press away, and read to whoever does not see the bar. */
export const Ages = ({ facts }: { readonly facts: readonly Freshness[] }) => {
  const now = useNow();
  const show = useModel((model) => model.show);
  if (facts.length === 0) return null;
  const { readAt, good, expected } = summaryOf(facts);
  const words =
    readAt === null ? 'No facts read yet' : `Facts read ${ago(readAt, now)} · ${good} of ${expected} sources`;
  // What may not be read is known and stays so; what got old or broke is news.
  const isNews = facts.some((fact) => fact.state === 'failed' || groupOf(fact) === 'old');
  return (
    <div className={`status-ages ${isNews ? 'tone-warn' : ''}`}>
      <ul data-testid="freshness" aria-label="Age of each kind of fact" className="sr-only">
        {facts.map((fact) => (
          <li key={keyOf(fact)} data-source={fact.source} data-state={fact.state}>
            {fact.label}
            {fact.workspace === null ? '' : ` (${fact.workspace})`} {ageWords(fact, now)}
          </li>
        ))}
      </ul>
      <Button tone="link" small onPress={() => show('ages')} data-testid="freshness-all">
        {words}
      </Button>
    </div>
  );
};

const titles: Readonly<Record<AgeGroup, string>> = {
  trouble: 'Cannot be read',
  old: 'Old',
  due: 'Not read yet',
  fresh: 'Read',
  around: 'Read when something is affected, watched or packed',
};
const tones: Readonly<Record<Freshness['state'], Tone>> = {
  fresh: 'ok',
  stale: 'warn',
  never: 'plain',
  denied: 'warn',
  failed: 'warn',
  missing: 'warn',
};
const words: Readonly<Record<Freshness['state'], string>> = {
  fresh: 'fresh',
  stale: 'old',
  never: 'not read',
  denied: 'denied',
  failed: 'failed',
  missing: 'not there',
};

/** Every source with how far it reaches, when it was read, and what is missing of it: what is in trouble first. */
export const AgesDialog = () => {
  const open = useModel((model) => model.layer === 'ages');
  const show = useModel((model) => model.show);
  return (
    <Dialog title="How old each kind of fact is" kind="wide" open={open} onClose={() => show('none')}>
      {open ? <All /> : null}
    </Dialog>
  );
};

const All = () => {
  const facts = useStatus()?.freshness ?? [];
  const groups = ageGroups(facts);
  if (groups.length === 0) return <EmptyState title="No source has been read yet" />;
  return (
    <div className="ages" data-testid="ages">
      {groups.map(([group, members]) => (
        <section key={group} aria-label={titles[group]}>
          <h3 className="ages-title">
            {titles[group]} <span className="cap">{counted(members.length, 'source', 'sources')}</span>
          </h3>
          <ul className="ages-list">
            {bySameReason(members).map(({ one, again }) => (
              <Source key={keyOf(one)} fact={one} again={again} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
};

const Source = ({ fact, again }: { readonly fact: Freshness; readonly again: boolean }) => {
  const now = useNow();
  const times = useTimes();
  const isNever = fact.state === 'never';
  return (
    <li className="ages-row">
      <div className="ages-what">
        <p>
          <span className="strong">{fact.label}</span> {fact.workspace === null ? null : <Chip>{fact.workspace}</Chip>}{' '}
          <code className="mono cap">{fact.source}</code>
        </p>
        {details(again ? { ...fact, note: null } : fact, times, now)
          .filter((line) => line !== '')
          .map((line) => (
            <p key={line} className="cap">
              {line}
            </p>
          ))}
        {again ? <p className="cap">For the same reason.</p> : null}
      </div>
      {isNever || fact.state === 'denied' || fact.state === 'missing' ? null : (
        <span className="strong ages-age">
          {fact.completeTo === null ? `read ${ageWords(fact, now)} ago` : `${ageWords(fact, now)} old`}
        </span>
      )}
      {isNever ? null : <Chip tone={tones[fact.state]}>{words[fact.state]}</Chip>}
    </li>
  );
};
