import { lazy, Suspense, useEffect } from 'react';
import { Loading, Toasts, useShortcuts } from '../../kit/index.ts';
import { noSelection, places, store, useModel } from '../../model/index.ts';
import { useLook } from '../common/use.ts';
import { InboxPlace } from '../inbox/inbox.tsx';
import { PeoplePlace } from '../people/people.tsx';
import { QuarantineDialog } from '../people/quarantine.tsx';
import { RoomPlace } from '../room/room.tsx';
import { RoomsPlace } from '../rooms/rooms.tsx';
import { AgesDialog } from './ages.tsx';
import { Notices } from './notices.tsx';
import { OnlyHere } from './only-here.tsx';
import { Palette } from './palette.tsx';
import { PracticeBand, PracticeDrawer } from './practice.tsx';
import { Rail } from './rail.tsx';
import './shell.css';
import { ShortcutsSheet } from './shortcuts-sheet.tsx';
import { StatusBar } from './status-bar.tsx';

/** Forms that nobody sees at first: not part of what the first screen waits for. */
const SettingsPlace = lazy(() =>
  import('../settings/settings.tsx').then((found) => ({ default: found.SettingsPlace })),
);

const screens = {
  inbox: InboxPlace,
  rooms: RoomsPlace,
  room: RoomPlace,
  people: PeoplePlace,
  settings: SettingsPlace,
} as const;

/** The window: rail, one place, status bar, and what lies above them. */
export const App = () => {
  const place = useModel((model) => model.place);
  const density = useModel((model) => model.settings.density);
  const theme = useModel((model) => model.settings.theme);
  const news = useModel((model) => model.news);
  const { go, show, select, forget, maximise } = store.getState();
  const look = useLook();

  useEffect(() => {
    const root = document.documentElement;
    root.dataset['density'] = density;
    if (theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = theme;
    root.dataset['look'] = look;
  }, [density, theme, look]);

  useShortcuts({
    'mod+k': (event) => {
      event.preventDefault();
      show('palette');
    },
    '?': () => show('shortcuts'),
    escape: () => {
      if (store.getState().maximised === 'none') select(noSelection);
      else maximise(store.getState().maximised);
    },
    ...Object.fromEntries(places.map((one, at) => [String(at + 1), () => go(one)])),
  });

  const Screen = screens[place];
  return (
    <div className="app">
      <a className="skip" href="#place">
        To the content
      </a>
      <div className="app-band">
        <PracticeBand />
        <Notices />
      </div>
      <Rail />
      <main className="place" id="place" tabIndex={-1} data-place={place}>
        <Suspense fallback={<Loading label="Loading this place" />}>
          <Screen />
        </Suspense>
      </main>
      <StatusBar />
      <OnlyHere />
      <AgesDialog />
      <QuarantineDialog />
      <PracticeDrawer />
      <Palette />
      <ShortcutsSheet />
      <Toasts toasts={news} onClose={forget} />
    </div>
  );
};
