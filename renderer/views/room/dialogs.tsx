import { useState } from 'react';
import type { Room } from '../../../shared/contract/room.ts';
import { harmStates, incidentClasses } from '../../../shared/domain/vocabulary.ts';
import { act } from '../../actions/index.ts';
import { Button, Choose, Dialog, Field, MomentField } from '../../kit/index.ts';
import { useFeed, useNow, useStatus, useTimes } from '../common/use.ts';
import { classWords, harmWords } from '../common/words.ts';
import { type RoomDialog, useRoomDialog } from './dialog-state.ts';

const titles: Readonly<Record<Exclude<RoomDialog, 'none' | 'offline' | 'summary'>, string>> = {
  title: 'Change the title', class: 'Change the class', harm: 'Is the harm contained', commander: 'Who commands', update: 'Schedule the next update',
}; // prettier-ignore

/** The small dialogs of the header. Each sends one command and closes when it is durable. */
export const RoomDialogs = ({ room }: { readonly room: Room }) => {
  const { open, set } = useRoomDialog();
  const shown = open === 'none' || open === 'offline' || open === 'summary' ? null : open;
  const close = (): void => set('none');
  return (
    <Dialog title={shown === null ? '' : titles[shown]} open={shown !== null} onClose={close}>
      {shown === 'title' ? <TitleForm room={room} onDone={close} /> : null}
      {shown === 'class' ? <ClassForm room={room} onDone={close} /> : null}
      {shown === 'harm' ? <HarmForm room={room} onDone={close} /> : null}
      {shown === 'commander' ? <CommanderForm room={room} onDone={close} /> : null}
      {shown === 'update' ? <UpdateForm room={room} onDone={close} /> : null}
    </Dialog>
  );
};

type Form = { readonly room: Room; readonly onDone: () => void };

const Save = ({
  disabled = false,
  onPress,
}: {
  readonly disabled?: boolean;
  readonly onPress: () => Promise<unknown>;
}) => (
  <div className="line">
    <Button
      tone="primary"
      className="push"
      isDisabled={disabled}
      onPress={() => void onPress()}
      data-testid="dialog-save"
    >
      Save
    </Button>
  </div>
);

const TitleForm = ({ room, onDone }: Form) => {
  const [title, setTitle] = useState(room.title.value ?? '');
  const save = async (): Promise<void> => {
    if ((await act('title.set', { log: room.log, title: title.trim(), over: [...room.title.heads] })) !== null)
      onDone();
  };
  return (
    <>
      <Field label="Title" value={title} onChange={setTitle} first testId="title-text" />
      <Save disabled={title.trim() === ''} onPress={save} />
    </>
  );
};

const ClassForm = ({ room, onDone }: Form) => {
  const [value, setValue] = useState(room.class.value ?? 'data-quality');
  const save = async (): Promise<void> => {
    if ((await act('class.set', { log: room.log, class: value, over: [...room.class.heads] })) !== null) onDone();
  };
  return (
    <>
      <Choose
        label="Class"
        value={value}
        options={incidentClasses.map((id) => ({ id, label: classWords[id] }))}
        onChange={(id) => setValue(incidentClasses.find((one) => one === id) ?? value)}
      />
      <Save onPress={save} />
    </>
  );
};

const HarmForm = ({ room, onDone }: Form) => {
  const [value, setValue] = useState(room.harm.value ?? 'open');
  const [reason, setReason] = useState('');
  const save = async (): Promise<void> => {
    const why = reason.trim() === '' ? {} : { reason: reason.trim() };
    if ((await act('harm.set', { log: room.log, harm: value, ...why, over: [...room.harm.heads] })) !== null) onDone();
  };
  return (
    <>
      <Choose
        label="Harm"
        value={value}
        options={harmStates.map((id) => ({ id, label: harmWords[id] }))}
        onChange={(id) => setValue(harmStates.find((one) => one === id) ?? value)}
      />
      <Field label="How you know" value={reason} onChange={setReason} lines={3} />
      <Save onPress={save} />
    </>
  );
};

const CommanderForm = ({ room, onDone }: Form) => {
  const people = useFeed('people.list', {}).value?.people ?? [];
  const me = useStatus()?.you.person ?? null;
  const [person, setPerson] = useState<string | null>(room.commander.value ?? me);
  const options = people.map((row) => ({
    id: row.person.id,
    label: row.person.you ? `${row.person.name} (you)` : row.person.name,
    note: row.roles.some((one) => one.role === 'commander') ? 'commander' : '',
  }));
  const save = async (): Promise<void> => {
    if (
      person !== null &&
      (await act('commander.set', { log: room.log, person, over: [...room.commander.heads] })) !== null
    )
      onDone();
  };
  return (
    <>
      <Choose label="Commander" value={person} options={options} onChange={setPerson} />
      <Save disabled={person === null} onPress={save} />
    </>
  );
};

const UpdateForm = ({ room, onDone }: Form) => {
  const now = useNow();
  const times = useTimes();
  const [at, setAt] = useState(() => times.toControl(now + 30 * 60_000));
  const [audience, setAudience] = useState('');
  const due = times.fromControl(at);
  const save = async (): Promise<void> => {
    const who = audience.trim() === '' ? {} : { audience: audience.trim() };
    if (due !== null && (await act('update.schedule', { log: room.log, dueAt: due, ...who })) !== null) onDone();
  };
  return (
    <>
      <MomentField label="Due" value={at} onChange={setAt} zone={times.zone} />
      <Field label="For whom" value={audience} onChange={setAudience} placeholder="executive, customers" />
      <Save disabled={due === null} onPress={save} />
    </>
  );
};
