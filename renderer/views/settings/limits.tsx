import { useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { allows } from '../../../shared/domain/policy.ts';
import { act } from '../../actions/index.ts';
import { Badge, Button, counted, Field } from '../../kit/index.ts';
import { store } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useStatus, useTimes } from '../common/use.ts';
import { Section } from './section.tsx';

type Budget = CallOutput<'budget.get'>;

/** What all devices of the organisation may ask of warehouses in a day, and how much of it is used. */
export const Limits = () => {
  const feed = useFeed('budget.get', {});
  const may = allows(useStatus()?.you.roles ?? [], 'budget.set');
  return (
    <Section title="Daily limit of reading">
      <p className="cap">
        Shared by all devices of the organisation, counted by UTC day. At the limit reading and packing by themselves
        stop until 00:00 UTC; refresh by hand and sharing go on. Minutes are those in which statements of Breakwater
        ran, not what the warehouse bills. The practice lakehouse is not counted. A workspace is read by itself only
        while a room is open, and once after a window was opened; a warehouse that does not run is started by people
        only.
      </p>
      <FeedGate feed={feed} label="the limit">
        {(budget) => (
          <>
            <Used budget={budget} />
            {may ? <Change key={`${budget.statements} ${budget.minutes}`} budget={budget} /> : null}
          </>
        )}
      </FeedGate>
    </Section>
  );
};

const Used = ({ budget }: { readonly budget: Budget }) => {
  const times = useTimes();
  return (
    <div data-testid="budget" data-reached={String(budget.reached)}>
      <p className="line">
        <Badge tone={budget.reached ? 'bad' : 'ok'}>{budget.reached ? 'reached' : 'below the limit'}</Badge>
        <span>
          {budget.sum.statements.toLocaleString('en-GB')} of {counted(budget.statements, 'statement', 'statements')},{' '}
          {Math.floor(budget.sum.seconds / 60)} of {counted(budget.minutes, 'minute', 'minutes')} today
        </span>
      </p>
      <p className="cap">
        {budget.devices > 1 ? `By ${budget.devices} devices. ` : ''}This device sent{' '}
        {counted(budget.mine.statements, 'statement', 'statements')}.{' '}
        {budget.by === null
          ? 'Nobody set a limit: these are the numbers that Breakwater comes with.'
          : `Set by ${budget.by.name}${budget.at === null ? '' : `, ${times.full(budget.at)}`}.`}
      </p>
    </div>
  );
};

const whole = (text: string): number | null => (/^\d{1,8}$/.test(text.trim()) ? Number(text) : null);

const Change = ({ budget }: { readonly budget: Budget }) => {
  const [statements, setStatements] = useState(String(budget.statements));
  const [minutes, setMinutes] = useState(String(budget.minutes));
  const [ask, spend] = [whole(statements), whole(minutes)];
  const same = ask === budget.statements && spend === budget.minutes;
  const save = async (): Promise<void> => {
    if (ask === null || spend === null) return;
    if ((await act('budget.set', { statements: ask, minutes: spend })) === null) return;
    store.getState().tell('The limit is set. Other devices learn of it when they sync.');
  };
  return (
    <div className="line settings-name">
      <Field label="Statements a day" value={statements} onChange={setStatements} testId="budget-statements" />
      <Field label="Minutes a day" value={minutes} onChange={setMinutes} testId="budget-minutes" />
      <Button
        isDisabled={ask === null || spend === null || spend > 1440 || same}
        onPress={() => void save()}
        data-testid="budget-set"
      >
        Set
      </Button>
    </div>
  );
};
