import type { Freshness } from '../../../shared/contract/status.ts';
import { age, Button, Chip, Dialog, EmptyState, type Times, VirtualList } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { useMedia, useNow, useStatus, useTimes } from '../common/use.ts';

const ageWords = (fact: Freshness, now: number): string => {
  if (fact.state === 'denied') return 'denied';
  if (fact.state === 'missing') return 'not there';
  const at = fact.completeTo ?? fact.observedAt;
  return at === null ? 'never read' : age(at, now);
};

const details = (fact: Freshness, times: Times): readonly string[] => [
  fact.completeTo === null ? 'how far it reaches is not known' : `facts to ${times.full(fact.completeTo)}`,
  fact.observedAt === null ? 'never read' : `read ${times.full(fact.observedAt)}`,
  ...(fact.missing.length === 0 ? [] : [`missing: ${fact.missing.join(', ')}`]),
  ...(fact.note === null ? [] : [fact.note]),
];

const trouble = (fact: Freshness): boolean => ['denied', 'failed', 'missing'].includes(fact.state);

/** Age of every kind of fact: what is in trouble first, as many as there is room for, the rest one press away. */
export const Ages = ({ facts }: { readonly facts: readonly Freshness[] }) => {
  const now = useNow();
  const times = useTimes();
  const show = useModel((model) => model.show);
  const wide = useMedia('(min-width: 1680px)');
  const narrow = useMedia('(max-width: 1100px)');
  const room = wide ? 6 : narrow ? 1 : 3;
  const sorted = [...facts.filter(trouble), ...facts.filter((fact) => !trouble(fact))];
  return (
    <div className="status-ages">
      <ul data-testid="freshness" aria-label="Age of each kind of fact">
        {sorted.map((fact, at) => (
          <li
            key={`${fact.source} ${fact.workspace ?? ''}`}
            data-source={fact.source}
            data-state={fact.state}
            className={at >= room ? 'sr-only' : fact.state === 'fresh' || fact.state === 'never' ? '' : 'tone-warn'}
            title={details(fact, times).join('\n')}
          >
            {fact.label}
            {fact.workspace === null ? '' : ` (${fact.workspace})`} {ageWords(fact, now)}
          </li>
        ))}
      </ul>
      {facts.length === 0 ? null : (
        <Button tone="link" small onPress={() => show('ages')} data-testid="freshness-all">
          {facts.length > room ? `${facts.length - room} more` : 'Ages'}
        </Button>
      )}
    </div>
  );
};

/** Every source with how far it reaches, when it was read, and what is missing of it. */
export const AgesDialog = () => {
  const open = useModel((model) => model.layer === 'ages');
  const show = useModel((model) => model.show);
  const facts = useStatus()?.freshness ?? [];
  const now = useNow();
  const times = useTimes();
  return (
    <Dialog title="How old each kind of fact is" kind="wide" open={open} onClose={() => show('none')}>
      <div className="dialog-list">
        <VirtualList
          label="Kinds of facts"
          items={facts}
          keyOf={(fact) => `${fact.source} ${fact.workspace ?? ''}`}
          estimate={64}
          empty={<EmptyState title="No source has been read yet" />}
          render={(fact) => (
            <div className="list-row">
              <div>
                <p>
                  <span className="strong">{fact.label}</span>{' '}
                  {fact.workspace === null ? null : <Chip>{fact.workspace}</Chip>}{' '}
                  <code className="mono cap">{fact.source}</code>
                </p>
                {details(fact, times).map((line) => (
                  <p key={line} className="cap">
                    {line}
                  </p>
                ))}
              </div>
              <span className="push strong">{ageWords(fact, now)}</span>
              <Chip tone={fact.state === 'fresh' ? 'ok' : 'warn'}>{fact.state}</Chip>
            </div>
          )}
        />
      </div>
    </Dialog>
  );
};
