import { useState } from 'react';
import type { Room } from '../../../shared/contract/room.ts';
import { toInstant } from '../../../shared/base/time.ts';
import type { ComposerKind } from '../../actions/index.ts';
import { Button, Choose, Field, MomentField } from '../../kit/index.ts';
import type { Draft } from '../../model/index.ts';
import { useNow, useStatus, useTimes } from '../common/use.ts';

type Props = { readonly draft: Draft; readonly onType: (fields: Draft) => void };
const hour = 3_600_000;

/** The further fields of what is being written. */
export const ComposerFields = ({
  kind,
  draft,
  room,
  onType,
}: Props & { readonly kind: ComposerKind; readonly room: Room }) => {
  const me = useStatus()?.you.person;
  if (kind === 'decision') return <DecisionFields draft={draft} onType={onType} />;
  if (kind === 'task') {
    const people = [
      { id: '', label: 'nobody yet' },
      ...room.people.map((row) => ({ id: row.person.id, label: row.person.id === me ? 'you' : row.person.name })),
    ];
    return (
      <div className="composer-fields">
        <Choose
          label="For"
          value={draft['assignee'] ?? ''}
          options={people}
          onChange={(assignee) => onType({ assignee })}
          testId="composer-assignee"
        />
        <Moment label="Due" field="due" draft={draft} onType={onType} quick={[1, 4, 24]} />
      </div>
    );
  }
  if (kind === 'question' || kind === 'handoff')
    return (
      <div className="composer-fields">
        {kind === 'handoff' ? (
          <Choose
            label="What"
            value={draft['subject'] === 'command' ? 'command' : 'task'}
            options={[
              { id: 'task', label: 'A task' },
              { id: 'command', label: 'The command' },
            ]}
            onChange={(subject) => onType({ subject })} /* prettier-ignore */
          />
        ) : null}
        <Field label="To which team" value={draft['to'] ?? ''} onChange={(to) => onType({ to })} testId="composer-to" />
        <Field
          label="Why them"
          value={draft['reason'] ?? ''}
          onChange={(reason) => onType({ reason })}
          testId="composer-reason"
        />
      </div>
    );
  return null;
};

const DecisionFields = ({ draft, onType }: Props) => (
  <div className="composer-fields">
    <Field
      label="Options, one a line"
      value={draft['options'] ?? ''}
      onChange={(options) => onType({ options })}
      lines={2}
      testId="composer-options"
    />
    <Field
      label="Choice"
      value={draft['choice'] ?? ''}
      onChange={(choice) => onType({ choice })}
      testId="composer-choice"
    />
    <Field
      label="Reason"
      value={draft['reason'] ?? ''}
      onChange={(reason) => onType({ reason })}
      lines={2}
      testId="composer-reason"
    />
    <Field
      label="Dissent, if any"
      value={draft['dissent'] ?? ''}
      onChange={(dissent) => onType({ dissent })}
      testId="composer-dissent"
    />
    <Moment label="In force until" field="expires" draft={draft} onType={onType} quick={[2, 8, 24]} />
  </div>
);

/** A moment that a draft keeps as an instant; quick buttons count from now. */
const Moment = ({
  label,
  field,
  draft,
  onType,
  quick,
}: Props & { readonly label: string; readonly field: string; readonly quick: readonly number[] }) => {
  const times = useTimes();
  const now = useNow();
  const at = draft[field] ?? '';
  return (
    <div className="composer-moment">
      <MomentField
        label={label}
        zone={times.zone}
        value={at === '' ? '' : times.toControl(Date.parse(at))}
        onChange={(value) => onType({ [field]: times.fromControl(value) ?? '' })}
        testId={`composer-${field}`}
      />
      <span className="line">
        {quick.map((hours) => (
          <Button key={hours} small tone="quiet" onPress={() => onType({ [field]: toInstant(now + hours * hour) })}>
            {`+${hours} h`}
          </Button>
        ))}
      </span>
    </div>
  );
};

/** When it happened: now, or a moment that the writer names. */
export const NoteTime = ({ draft, onType }: Props) => {
  const times = useTimes();
  const now = useNow();
  const [open, setOpen] = useState(false);
  const at = draft['at'] ?? '';
  if (!open && at === '')
    return (
      <Button tone="link" small onPress={() => setOpen(true)} data-testid="composer-time">
        note · {times.clock(toInstant(now))}
        <span className="sr-only"> {times.zone}, when it happened: change</span>
      </Button>
    );
  return (
    <span className="composer-when">
      <MomentField
        label="Happened at"
        hideLabel
        zone={times.zone}
        value={at === '' ? times.toControl(now) : times.toControl(Date.parse(at))}
        onChange={(value) => onType({ at: times.fromControl(value) ?? '' })}
        testId="composer-happened"
      />
      <span className="cap">{times.zone}</span>
      <Button tone="link" small onPress={() => { setOpen(false); onType({ at: '' }); }} /* prettier-ignore */>
        now
      </Button>
    </span>
  );
};
