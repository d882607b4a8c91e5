import { CircleDot, Maximize2, Minimize2, Paperclip } from 'lucide-react';
import type { Room } from '../../../shared/contract/room.ts';
import { act, saveAttachment } from '../../actions/index.ts';
import { ago, Button, Dot, fileSize, IconButton, Panel, VirtualList } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { useNow, useStatus } from '../common/use.ts';
import { Who } from '../common/who.tsx';
import { CostLine } from './cost-line.tsx';
import { useRoomDialog } from './dialog-state.ts';
import { DecisionLine, HandoffLine, TaskLine } from './now-lines.tsx';
import { type Attachment, type Member, type NowRow, nowRows } from './now-rows.ts';
import './now.css';

const keyOf = (row: NowRow): string => row.key;

/** What counts right now: what waits on you, what is decided, what is to do, who is here. */
export const NowPanel = ({ room }: { readonly room: Room }) => {
  const now = useNow();
  const maximised = useModel((model) => model.maximised === 'now');
  const maximise = useModel((model) => model.maximise);
  return (
    <Panel
      title="Now"
      className="now-panel"
      data-testid="now"
      tools={
        <IconButton label={maximised ? 'Back to the whole room' : 'Now fills the room'} onPress={() => maximise('now')}>
          {maximised ? <Minimize2 size={15} strokeWidth={1.75} /> : <Maximize2 size={15} strokeWidth={1.75} />}
        </IconButton>
      }
    >
      <VirtualList
        label="Now"
        items={nowRows(room, now)}
        keyOf={keyOf}
        estimate={32}
        render={(row) => <Line row={row} room={room} />}
      />
      {room.cost === null ? null : <CostLine cost={room.cost} />}
    </Panel>
  );
};

const Line = ({ row, room }: { readonly row: NowRow; readonly room: Room }) => {
  const can = room.can.write;
  switch (row.kind) {
    case 'heading':
      return (
        <h3 className="now-heading">
          {row.title} {row.count === null ? null : <span className="cap">{row.count}</span>}
        </h3>
      );
    case 'empty':
      return <p className="now-line cap">{row.text}</p>;
    case 'waiting':
      return <Waiting row={row} room={room} />;
    case 'task':
      return <TaskLine task={row.task} log={room.log} can={can} people={room.people} />;
    case 'decision':
      return <DecisionLine decision={row.decision} log={room.log} can={room.can.decide} />;
    case 'handoff':
      return <HandoffLine handoff={row.handoff} log={room.log} can={can} />;
    case 'person':
      return <MemberLine member={row.member} />;
    case 'attachment':
      return <FileLine attachment={row.attachment} log={room.log} />;
  }
};

const Waiting = ({ row, room }: { readonly row: Extract<NowRow, { kind: 'waiting' }>; readonly room: Room }) => {
  const { set } = useRoomDialog();
  const me = useStatus()?.you.person;
  const go = (): void => {
    if (row.act === 'summary') set('summary');
    else if (row.act === 'command' && me !== undefined)
      void act('commander.set', { log: room.log, person: me, over: [...room.commander.heads] });
    else document.querySelector<HTMLElement>('[data-testid="settle"]')?.focus();
  };
  return (
    <div className="now-line">
      <CircleDot size={15} strokeWidth={1.75} className="tone-sea" aria-hidden />
      <button type="button" className="now-main strong" data-row onClick={go}>
        {row.text}
      </button>
    </div>
  );
};

const hereMs = 5 * 60_000;

const MemberLine = ({ member }: { readonly member: Member }) => {
  const now = useNow();
  const seen = member.lastSeen;
  const here = member.person.you || (seen !== null && now - Date.parse(seen) < hereMs);
  return (
    <div className="now-line" data-testid="member">
      <Dot on={here} />
      <span className="cut">
        <Who person={member.person} />
      </span>
      <span className="cap push">
        {member.person.you ? 'here' : seen === null ? 'never seen' : `last seen ${ago(seen, now)}`}
      </span>
    </div>
  );
};

const FileLine = ({ attachment, log }: { readonly attachment: Attachment; readonly log: string }) => (
  <div className="now-line" data-testid="attachment" title={`sha256 ${attachment.sha256}`}>
    <Paperclip size={14} strokeWidth={1.75} aria-hidden />
    <span className="cut">{attachment.name}</span>
    <span className="cap push">{fileSize(attachment.size)}</span>
    {attachment.here ? (
      <Button
        small
        tone="link"
        onPress={() => void saveAttachment(log, attachment)}
        aria-label={`Save ${attachment.name}`}
      >
        Save
      </Button>
    ) : (
      <span className="cap tone-warn">not yet here</span>
    )}
  </div>
);
