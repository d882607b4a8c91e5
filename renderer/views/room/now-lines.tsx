import { useState } from 'react';
import type { Person } from '../../../shared/contract/common.ts';
import { act } from '../../actions/index.ts';
import { Button, Chip, Field, Menu, Tick } from '../../kit/index.ts';
import { useNow, useTimes } from '../common/use.ts';
import { subjectWords, whoWords } from '../common/words.ts';
import type { Decision, Handoff, Member, Task } from './now-rows.ts';

/** Something that two people changed while apart, with one press for each side. */
const Contested = ({
  sides,
}: {
  readonly sides: readonly { readonly by: Person; readonly label: string; readonly keep: () => void }[];
}) =>
  sides.length < 2 ? null : (
    <div className="now-contested" role="group" aria-label="Changed while apart">
      <span className="tone-warn">changed while apart</span>
      {sides.map((side) => (
        <Button key={`${side.label} ${side.by.id}`} small onPress={side.keep} data-testid="settle-line">
          {side.label} ({whoWords(side.by)})
        </Button>
      ))}
    </div>
  );

export const TaskLine = ({
  task,
  log,
  can,
  people,
}: {
  readonly task: Task;
  readonly log: string;
  readonly can: boolean;
  readonly people: readonly Member[];
}) => {
  const now = useNow();
  const times = useTimes();
  const done = task.state.value === 'done';
  const late = !done && task.dueAt !== null && Date.parse(task.dueAt) < now;
  const soon = !late && !done && task.dueAt !== null && Date.parse(task.dueAt) - now < 30 * 60_000;
  const set = (next: boolean): void => void act(next ? 'task.done' : 'task.reopen', { log, task: task.id });
  const assign = (assignee: string): void => void act('task.assign', { log, task: task.id, assignee });
  const nameOf = (id: string): string => people.find((row) => row.person.id === id)?.person.name ?? 'somebody';
  return (
    <div className="now-block" data-testid="task" data-task={task.id} data-state={task.state.value ?? 'open'}>
      <div className="now-task">
        <Tick
          on={done}
          onChange={set}
          disabled={!can}
          hideLabel
          label={`${done ? 'Reopen' : 'Complete'}: ${task.text}`}
          testId="task-complete"
        />
        <span className={done ? 'now-text now-done' : 'now-text'}>{task.text}</span>
        {task.dueAt === null ? null : (
          <span className={late ? 'push tone-bad strong' : soon ? 'push tone-warn strong' : 'push cap'}>
            {late ? 'late ' : soon ? 'due ' : ''}
            {times.near(task.dueAt, now)}
          </span>
        )}
      </div>
      {done ? null : (
        <div className="now-under">
          <Menu
            label="For whom"
            trigger={
              <Button
                small
                tone="link"
                isDisabled={!can}
                aria-label={`For ${task.assigneeName ?? 'nobody yet'}: change`}
              >
                {task.assigneeName === null ? 'for nobody yet' : `for ${task.assigneeName}`}
              </Button>
            }
            entries={people.map((row) => ({
              id: row.person.id,
              label: row.person.name,
              act: () => assign(row.person.id),
            }))}
          />
          {task.ledger === 'only-here' ? <Chip tone="warn">only here</Chip> : null}
        </div>
      )}
      <Contested
        sides={task.state.conflict.map((side) => ({
          by: side.by,
          label: side.value === 'done' ? 'Done' : 'Still open',
          keep: () => set(side.value === 'done'),
        }))}
      />
      <Contested
        sides={task.assignee.conflict.map((side) => ({
          by: side.by,
          label: `For ${nameOf(side.value)}`,
          keep: () => assign(side.value),
        }))}
      />
    </div>
  );
};

export const DecisionLine = ({
  decision,
  log,
  can,
}: {
  readonly decision: Decision;
  readonly log: string;
  readonly can: boolean;
}) => {
  const now = useNow();
  const times = useTimes();
  const [open, setOpen] = useState(false);
  const [why, setWhy] = useState('');
  const inForce = decision.state.value !== 'withdrawn' && !decision.expired;
  const withdraw = async (): Promise<void> => {
    if ((await act('decision.withdraw', { log, decision: decision.id, reason: why.trim() })) !== null) setOpen(false);
  };
  const renew = (): void =>
    void act('decision.renew', { log, decision: decision.id, expiresAt: new Date(now + 8 * 3_600_000).toISOString() });
  return (
    <div
      className="now-block"
      data-testid="decision"
      data-decision={decision.id}
      data-state={inForce ? 'in-force' : decision.expired ? 'expired' : 'withdrawn'}
    >
      <div className="now-task">
        <button type="button" className="now-main" data-row aria-expanded={open} onClick={() => setOpen(!open)}>
          {decision.title}
        </button>
        <span className={inForce ? 'push tone-warn' : 'push cap'}>
          {decision.state.value === 'withdrawn'
            ? 'withdrawn'
            : decision.expiresAt === null
              ? ''
              : `${decision.expired ? 'ended' : 'to'} ${times.near(decision.expiresAt, now)}`}
        </span>
      </div>
      {decision.olderFacts === undefined ? null : (
        <p className="cap tone-warn" data-testid="older-facts" title={decision.olderFacts.join('; ')}>
          was concluded on older facts
        </p>
      )}
      {open ? (
        <div className="now-detail">
          {decision.olderFacts?.map((words) => (
            <p key={words} className="cap">{`A fact it rests on ${words}.`}</p>
          ))}
          <p>
            <span className="strong">{decision.choice}</span>, {decision.reason}
          </p>
          <p className="cap">
            {whoWords(decision.by)}, {times.near(decision.at, now)}. Options: {decision.options.join(', ')}.
            {decision.dissent === null ? '' : ` Dissent: ${decision.dissent}`}
          </p>
          {can && decision.state.value !== 'withdrawn' ? (
            <>
              <Field label="Why withdraw it" value={why} onChange={setWhy} />
              <div className="line">
                <Button
                  small
                  isDisabled={why.trim() === ''}
                  onPress={() => void withdraw()}
                  data-testid="decision-withdraw"
                >
                  Withdraw
                </Button>
                <Button small onPress={renew}>
                  8 h more
                </Button>
              </div>
            </>
          ) : null}
        </div>
      ) : null}
      <Contested
        sides={decision.state.conflict.map((side) => ({
          by: side.by,
          label: side.value === 'withdrawn' ? 'Withdrawn' : 'In force',
          keep: () =>
            side.value === 'withdrawn'
              ? void act('decision.withdraw', { log, decision: decision.id, reason: 'settled: withdrawn' })
              : renew(),
        }))}
      />
    </div>
  );
};

export const HandoffLine = ({
  handoff,
  log,
  can,
}: {
  readonly handoff: Handoff;
  readonly log: string;
  readonly can: boolean;
}) => {
  const now = useNow();
  const times = useTimes();
  const [refusing, setRefusing] = useState(false);
  const [why, setWhy] = useState('');
  const offered = handoff.state.value === 'offered' || handoff.state.value === null;
  const refuse = async (): Promise<void> => {
    if ((await act('handoff.refuse', { log, handoff: handoff.id, reason: why.trim() })) !== null) setRefusing(false);
  };
  return (
    <div className="now-block" data-testid="handoff" data-state={handoff.state.value ?? 'offered'}>
      <p className="now-text">{handoff.text}</p>
      <p className="cap">
        {subjectWords[handoff.subject]} to {handoff.to}, from {whoWords(handoff.from)}, {times.near(handoff.at, now)}
        {offered ? '' : `: ${handoff.state.value ?? ''}${handoff.answer === null ? '' : `, ${handoff.answer}`}`}
      </p>
      {offered && can && !refusing ? (
        <div className="line">
          <Button
            small
            onPress={() => void act('handoff.accept', { log, handoff: handoff.id })}
            data-testid="handoff-accept"
          >
            Accept
          </Button>
          <Button small tone="quiet" onPress={() => setRefusing(true)} data-testid="handoff-refuse">
            Refuse
          </Button>
        </div>
      ) : null}
      {offered && refusing ? (
        <div className="now-detail">
          <Field label="Why not" value={why} onChange={setWhy} testId="handoff-why" />
          <div className="line">
            <Button small isDisabled={why.trim() === ''} onPress={() => void refuse()}>
              Refuse
            </Button>
            <Button small tone="quiet" onPress={() => setRefusing(false)}>
              Back
            </Button>
          </div>
        </div>
      ) : null}
    </div>
  );
};
