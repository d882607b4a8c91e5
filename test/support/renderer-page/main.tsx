// The window over the fake: ?mood=sample|empty|failing|silent|huge & place=inbox|rooms|room|people|settings
import { start } from '../../../renderer/entry/start.tsx';
import { type Place, store } from '../../../renderer/model/index.ts';
import { createFake, type FakeMood } from '../renderer-fake.ts';
import { sampleLog } from '../renderer-sample.ts';

const asked = new URLSearchParams(window.location.search);
const fake = createFake((asked.get('mood') ?? 'sample') as FakeMood);
const place = (asked.get('place') ?? 'inbox') as Place;
if (place === 'room') store.getState().enterRoom(sampleLog);
else store.getState().go(place);
Object.assign(window, { fake });
const root = document.getElementById('root');
if (root !== null) start(root, fake);
