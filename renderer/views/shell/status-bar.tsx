import { CloudOff, HardDrive, PlugZap, ShieldAlert, Users, Wifi } from 'lucide-react';
import type { Status } from '../../../shared/contract/status.ts';
import { age, Badge, Button, counted, middleCut } from '../../kit/index.ts';
import { selectFeed, useModel } from '../../model/index.ts';
import { useNow, useStatus, useTimes } from '../common/use.ts';
import { severityTone } from '../common/words.ts';
import { Ages } from './ages.tsx';
import { Warehouses } from './warehouses.tsx';

const icon = { size: 14, strokeWidth: 1.75, 'aria-hidden': true } as const;

/** Connection, what is only here, when the others were last seen, age of every kind of fact. */
export const StatusBar = () => {
  const status = useStatus();
  const link = useModel((model) => model.link);
  const show = useModel((model) => model.show);
  if (link.state !== 'connected' || status === null)
    return (
      <footer className="status-bar" data-testid="status-bar" data-state={link.state}>
        <span className="status-item tone-warn">
          <PlugZap {...icon} />
          {link.state === 'refused'
            ? link.failure.what
            : link.state === 'stopped'
              ? 'The core stopped and is being started again. What you type is kept here.'
              : 'Connecting to the core'}
        </span>
      </footer>
    );
  return (
    <footer className="status-bar" data-testid="status-bar" data-state={status.workspace.state}>
      <Connection status={status} />
      <Warehouses rows={status.workspaces} />
      <span className="status-item">
        <HardDrive {...icon} />
        <Button
          tone="link"
          small
          onPress={() => show('only-here')}
          data-testid="only-here"
          data-count={status.onlyHere}
        >
          {status.onlyHere === 0
            ? 'Nothing only here'
            : `${counted(status.onlyHere, 'entry', 'entries')} only here, safe on this disk`}
        </Button>
      </span>
      {status.quarantined === 0 ? null : (
        <span className="status-item tone-warn">
          <ShieldAlert {...icon} />
          <Button tone="link" small onPress={() => show('quarantine')}>
            {counted(status.quarantined, 'record', 'records')} kept apart
          </Button>
        </span>
      )}
      <Devices status={status} />
      <RoomFacts />
      <Ages facts={status.freshness} />
    </footer>
  );
};

const stateWords: Readonly<Record<Status['workspace']['state'], string>> = {
  online: 'Online', offline: 'Offline', connecting: 'Connecting', denied: 'Access denied', 'not-configured': 'No workspace',
}; // prettier-ignore

/** One workspace in the tooltip: how it is, and what to do where something is wrong. */
const lineOf = ({ name, state, failure }: Status['workspaces'][number]): string =>
  failure === null ? `${name}: ${stateWords[state].toLowerCase()}` : `${name}: ${failure.what} ${failure.advice}`;

const Connection = ({ status }: { readonly status: Status }) => {
  const times = useTimes();
  const now = useNow();
  const { workspace, workspaces } = status;
  const reached = workspaces.filter(({ state }) => state === 'online').length;
  const online = reached === workspaces.length;
  const since = workspace.since === null ? '' : ` since ${times.near(workspace.since, now)}`;
  return (
    <span
      className={online ? 'status-item' : 'status-item tone-warn strong'}
      data-testid="connection"
      title={workspaces.map(lineOf).join('\n')}
      role="status"
    >
      {online ? <Wifi {...icon} /> : <CloudOff {...icon} />}
      {workspaces.length > 1 ? `${reached} of ${workspaces.length} workspaces online` : stateWords[workspace.state]}
      {workspaces.length > 1 ? '' : since}
    </span>
  );
};

const Devices = ({ status }: { readonly status: Status }) => {
  const times = useTimes();
  const now = useNow();
  const others = status.devices.filter((device) => !device.you);
  const seen = others.map((device) => device.lastSeen).filter((at) => at !== null);
  if (others.length === 0) return null;
  const last = seen.toSorted().at(-1);
  return (
    <span
      className="status-item status-wide"
      title={others
        .map((one) => `${one.name}: ${one.lastSeen === null ? 'never seen' : times.full(one.lastSeen)}`)
        .join('\n')}
    >
      <Users {...icon} />
      {counted(others.length, 'device', 'devices')}{' '}
      {last === undefined ? 'never seen' : `last seen ${times.near(last, now)}`}
    </span>
  );
};

/** Incident, severity and next update, for when the header is out of view or another place is open. */
const RoomFacts = () => {
  const log = useModel((model) => model.room);
  const place = useModel((model) => model.place);
  const enter = useModel((model) => model.enterRoom);
  const room = useModel(selectFeed('room.get', { log: log ?? '' })).value;
  const now = useNow();
  if (log === null || room === null || place === 'room') return null;
  const update = room.clocks.find((clock) => clock.id === 'update');
  return (
    <span className="status-item">
      <Badge tone={severityTone(room.severity.value)}>{room.severity.value ?? 'no severity'}</Badge>
      <Button tone="link" small onPress={() => enter(log)}>
        {middleCut(room.title.value ?? room.number, 36)}
      </Button>
      {update?.endsAt === null || update === undefined ? null : (
        <span className={Date.parse(update.endsAt) < now ? 'tone-bad' : ''}>
          update{' '}
          {Date.parse(update.endsAt) < now
            ? `late ${age(update.endsAt, now)}`
            : `in ${age(new Date(2 * now - Date.parse(update.endsAt)).toISOString(), now)}`}
        </span>
      )}
    </span>
  );
};
