import { type KeyboardEvent, useState } from 'react';
import { Dialog, Field } from '../../kit/index.ts';
import { store, useModel } from '../../model/index.ts';
import { useFeed } from '../common/use.ts';

type Command = { readonly id: string; readonly label: string; readonly note: string; readonly act: () => void };

/** Words in any order, each somewhere in the label. */
export const matches = (label: string, query: string): boolean =>
  query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => label.toLowerCase().includes(word));

/** Go to anything by typing. */
export const Palette = () => {
  const open = useModel((model) => model.layer === 'palette');
  const show = useModel((model) => model.show);
  return (
    <Dialog title="Go to" kind="top" open={open} onClose={() => show('none')}>
      {open ? <List /> : null}
    </Dialog>
  );
};

const List = () => {
  const { go, enterRoom, show, change, settings, room } = store.getState();
  const rooms = useFeed('rooms.list', { limit: 500 }).value?.rows ?? [];
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const commands: readonly Command[] = [
    { id: 'inbox', label: 'Inbox', note: 'place', act: () => go('inbox') },
    { id: 'rooms', label: 'Rooms', note: 'place', act: () => go('rooms') },
    { id: 'people', label: 'People and shares', note: 'place', act: () => go('people') },
    { id: 'settings', label: 'Settings', note: 'place', act: () => go('settings') },
    { id: 'only-here', label: 'What is only here', note: 'list', act: () => show('only-here') },
    { id: 'practice', label: 'Practice drawer', note: 'drawer', act: () => show('practice') },
    { id: 'keys', label: 'Keys', note: 'sheet', act: () => show('shortcuts') },
    { id: 'theme', label: settings.theme === 'dark' ? 'Light theme' : 'Dark theme', note: 'setting', act: () => change({ theme: settings.theme === 'dark' ? 'light' : 'dark' }) },
    ...(room === null ? [] : [{ id: 'pack', label: 'Export evidence pack', note: 'room', act: () => { go('room'); show('pack'); } }]),
    ...rooms.map((one) => ({ id: one.log, label: one.title, note: one.severity ?? 'room', act: () => enterRoom(one.log) })),
  ]; // prettier-ignore
  const found = commands.filter((command) => matches(command.label, query)).slice(0, 12);
  const chosen = Math.min(at, found.length - 1);
  const run = (command: Command | undefined): void => {
    show('none');
    command?.act();
  };
  const key = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(found.length - 1, chosen + step)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(found[chosen]);
    }
  };
  return (
    <div onKeyDown={key} role="presentation">
      <Field
        label="Type a place, a room or an act"
        hideLabel
        value={query}
        onChange={(text) => {
          setQuery(text);
          setAt(0);
        }}
        placeholder="A place, a room, an act"
        first
        testId="palette-text" /* prettier-ignore */
      />
      <ul className="palette" aria-label="Found">
        {found.map((command, index) => (
          <li key={command.id}>
            <button
              type="button"
              className={index === chosen ? 'palette-row palette-chosen' : 'palette-row'}
              aria-current={index === chosen}
              onClick={() => run(command)}
            >
              <span className="cut">{command.label}</span>
              <span className="cap push">{command.note}</span>
            </button>
          </li>
        ))}
        {found.length === 0 ? <li className="cap palette-none">Nothing has this name.</li> : null}
      </ul>
    </div>
  );
};
