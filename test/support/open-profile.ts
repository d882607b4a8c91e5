/**
 * A process that opens a profile and says what happened: `open-profile.ts DIR [hold | write]`.
 * hold: stays until it is killed. write: appends notes for ever and prints the hash of each one that was acknowledged.
 */
import { writeSync } from 'node:fs';
import { homeOrg, homePerson } from '../../main/log/context.ts';
import { handOpenedLog } from '../../main/log/ids.ts';
import { openEventLog } from '../../main/log/open.ts';
import { createOrg } from '../../main/log/org.ts';
import { openProfile } from '../../main/store/profile.ts';

const [dir = '', mode = ''] = process.argv.slice(2);
const say = (value: unknown): void => {
  writeSync(1, `${JSON.stringify(value)}\n`);
};
const clock = { now: () => Date.now() };
const profile = openProfile(dir, { clock, log: () => undefined });
if (!profile.ok) {
  say(profile.error);
} else if (mode === 'hold') {
  say({ open: true });
  setInterval(() => undefined, 1000);
} else if (mode === 'write') {
  const { store } = profile.value;
  const opened = openEventLog(profile.value, { clock, app: 'kill test', log: () => undefined });
  if (!opened.ok) throw new Error(opened.error.what);
  const { log, context, newKey } = opened.value;
  if (homeOrg(store.read) === null) store.transaction((db) => createOrg(db, context, { name: 'Ada' }));
  const person = homePerson(store.read);
  if (person === null) throw new Error('no person');
  const room = log.logs(store.read).find((id) => id.startsWith('inc:')) ?? handOpenedLog(clock.now());
  say({ newKey });
  for (let count = 0; ; count += 1) {
    const text = `note ${count} ${'x'.repeat(count % 700)}`;
    const written = store.transaction((db) => log.append(db, room, person, [{ type: 'note.added', fields: { text } }]));
    if (!written.ok) throw new Error(written.error.what);
    say(written.value[0]?.hash);
  }
} else {
  say({ open: true });
  profile.value.close();
}
