/**
 * A process that opens a profile and says what happened: `open-profile.ts DIR [hold | write | collect]`.
 * collect (with --expose-gc): keeps only the store, collects garbage, and lets a second process try the profile.
 * hold: stays until it is killed. write: appends notes for ever and prints the hash of each one that was acknowledged.
 */
import { spawnSync } from 'node:child_process';
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

const collect = async (): Promise<void> => {
  // In a function of its own, so that nothing but the store outlives it.
  const store = (() => {
    const opened = openProfile(dir, { clock, log: () => undefined });
    return opened.ok ? opened.value.store : null;
  })();
  say({ open: store !== null });
  for (let round = 0; round < 5; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  writeSync(1, spawnSync(process.execPath, [process.argv[1] ?? '', dir], { encoding: 'utf8' }).stdout);
  store?.close();
};

if (mode === 'collect') {
  await collect();
  process.exit(0);
}
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
