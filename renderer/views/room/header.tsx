import { Check, Ellipsis, Plus, TriangleAlert, UserRound } from 'lucide-react';
import type { Room } from '../../../shared/contract/room.ts';
import { type Phase, phases, severities } from '../../../shared/domain/vocabulary.ts';
import { act } from '../../actions/index.ts';
import { Badge, Button, IconButton, Menu } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { useMedia, useNow, useStatus } from '../common/use.ts';
import { classWords, harmWords, phaseWords, severityTone } from '../common/words.ts';
import { useRoomDialog } from './dialog-state.ts';
import './header.css';
import { nextAct } from './next-act.ts';
import { OfflineBadge } from './offline-badge.tsx';

const icon = { size: 15, strokeWidth: 1.75 } as const;

/** What it is, how bad, where it stands, who commands, and the one next act. */
export const RoomHeader = ({ room, onWrite }: { readonly room: Room; readonly onWrite: () => void }) => (
  <header className="room-head">
    <Severity room={room} />
    <h1 className="room-title cut" data-testid="title" title={room.title.value ?? ''}>
      {room.title.value ?? 'Its title has not arrived yet'}
    </h1>
    <span className="mono cap room-number">{room.number}</span>
    {room.class.value === null ? null : (
      <span className="room-class" data-testid="class" data-value={room.class.value}>
        {classWords[room.class.value]}
      </span>
    )}
    <Phases room={room} />
    <span className="room-head-end">
      <OfflineBadge room={room} />
      <Commander room={room} />
      <NextButton room={room} />
      <Button icon={<Plus {...icon} />} kbd="N" onPress={onWrite}>
        <span className="sr-only">Write an entry</span>
      </Button>
      <More room={room} />
    </span>
  </header>
);

const Severity = ({ room }: { readonly room: Room }) => {
  const { value, heads, conflict } = room.severity;
  const set = (severity: (typeof severities)[number]): void =>
    void act('severity.set', { log: room.log, severity, over: [...heads] });
  return (
    <Menu
      label="Severity"
      trigger={
        <Button
          tone="quiet"
          className="severity"
          isDisabled={!room.can.steer}
          data-testid="severity"
          data-value={value ?? ''}
          data-conflict={String(conflict.length > 0)}
          aria-label={`Severity ${value ?? 'not set'}${conflict.length > 0 ? ', in conflict' : ''}`}
        >
          <Badge tone={severityTone(value)}>
            {value ?? 'No severity'}
            {conflict.length === 0 ? null : <TriangleAlert size={13} strokeWidth={2} aria-hidden />}
          </Badge>
        </Button>
      }
      entries={severities.map((one) => ({
        id: one,
        label: one,
        testId: `severity-${one}`,
        act: () => set(one),
        ...(one === value ? { note: 'now' } : {}),
      }))}
    />
  );
};

const Phases = ({ room }: { readonly room: Room }) => {
  const narrow = useMedia('(max-width: 1360px)');
  const now = room.phase.value;
  const at = now === null ? -1 : phases.indexOf(now);
  const set = (phase: Phase): void => void act('phase.set', { log: room.log, phase, over: [...room.phase.heads] });
  if (narrow)
    return (
      <span data-testid="phase" data-phase={now ?? ''}>
        <Menu
          label="Phase"
          trigger={
            <Button tone="quiet" className="phase phase-now" isDisabled={!room.can.steer}>
              {now === null ? 'No phase' : phaseWords[now]}
            </Button>
          }
          entries={phases.map((one) => ({
            id: one,
            label: phaseWords[one],
            testId: `phase-${one}`,
            act: () => set(one),
            ...(one === now ? { note: 'now' } : {}),
          }))}
        />
      </span>
    );
  return (
    <ol className="phases" aria-label="Phases" data-testid="phase" data-phase={now ?? ''}>
      {phases.map((phase, index) => (
        <li key={phase} {...(phase === now ? { 'aria-current': 'step' as const } : {})}>
          <Button
            tone="quiet"
            small
            className={phase === now ? 'phase phase-now' : index < at ? 'phase phase-done' : 'phase'}
            isDisabled={!room.can.steer}
            onPress={() => set(phase)}
            data-testid={`phase-${phase}`}
            icon={index < at ? <Check size={14} strokeWidth={2} aria-hidden /> : null}
          >
            {phaseWords[phase]}
          </Button>
        </li>
      ))}
    </ol>
  );
};

const Commander = ({ room }: { readonly room: Room }) => {
  const me = useStatus()?.you.person;
  const { set } = useRoomDialog();
  const words =
    room.commander.value === null
      ? 'Nobody commands'
      : room.commander.value === me
        ? 'You command'
        : `${room.commanderName ?? 'Somebody'} commands`;
  return (
    <Button
      tone="quiet"
      icon={<UserRound {...icon} />}
      isDisabled={!room.can.steer}
      onPress={() => set('commander')}
      data-testid="commander"
      data-person={room.commander.value ?? ''}
      className={room.commander.value === null ? 'tone-warn' : ''}
    >
      {words}
    </Button>
  );
};

const NextButton = ({ room }: { readonly room: Room }) => {
  const now = useNow();
  const me = useStatus()?.you.person;
  const show = useModel((model) => model.show);
  const { set } = useRoomDialog();
  const next = nextAct(room, now);
  const { log } = room;
  if (next.kind === 'take-command')
    return (
      <Button
        tone="primary"
        isDisabled={!room.can.steer || me === undefined}
        data-testid="next-act"
        onPress={() => void act('commander.set', { log, person: me ?? '', over: [...room.commander.heads] })}
      >
        Take command
      </Button>
    );
  if (next.kind === 'write-update')
    return (
      <Button tone="primary" isDisabled={!room.can.write} data-testid="next-act" onPress={() => set('summary')}>
        Write update
      </Button>
    );
  if (next.kind === 'export')
    return (
      <Button tone="primary" isDisabled={!room.can.export} data-testid="next-act" onPress={() => show('pack')}>
        Export evidence pack
      </Button>
    );
  return (
    <Button
      tone="primary"
      isDisabled={!room.can.steer}
      data-testid="next-act"
      onPress={() => void act('phase.set', { log, phase: next.to, over: [...room.phase.heads] })}
    >
      Move to {phaseWords[next.to].toLowerCase()}
    </Button>
  );
};

const More = ({ room }: { readonly room: Room }) => {
  const show = useModel((model) => model.show);
  const { set } = useRoomDialog();
  const cannot = !room.can.steer;
  return (
    <Menu
      label="More about this room"
      trigger={
        <IconButton label="More" data-testid="room-more">
          <Ellipsis size={17} strokeWidth={1.75} />
        </IconButton>
      }
      entries={[
        {
          id: 'pack',
          label: 'Export evidence pack',
          note: 'E',
          testId: 'export-pack',
          disabled: !room.can.export,
          act: () => show('pack'),
        },
        { id: 'offline', label: 'Pack for offline', testId: 'menu-offline', act: () => set('offline') },
        {
          id: 'summary',
          label: 'Write Know, Don’t, Next',
          note: 'U',
          disabled: !room.can.write,
          act: () => set('summary'),
        },
        { id: 'title', label: 'Change the title', disabled: cannot, testId: 'menu-title', act: () => set('title') },
        { id: 'class', label: 'Change the class', disabled: cannot, act: () => set('class') },
        {
          id: 'harm',
          label: `Harm: ${harmWords[room.harm.value ?? 'open'].toLowerCase()}`,
          disabled: cannot,
          testId: 'menu-harm',
          act: () => set('harm'),
        },
        { id: 'commander', label: 'Hand over command', disabled: cannot, act: () => set('commander') },
        { id: 'update', label: 'Schedule the next update', disabled: cannot, act: () => set('update') },
      ]}
    />
  );
};
