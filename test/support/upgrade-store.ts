/** A process that is killed while facts get their numbers (migration 90): `upgrade-store.ts FILE N`, after N of its statements. */
import { writeSync } from 'node:fs';
import { migrations } from '../../main/store/migrations/index.ts';
import { openStore } from '../../main/store/store.ts';

const [path = '', statements = '0'] = process.argv.slice(2);
const numbers = migrations.find(({ version }) => version === 90);
openStore(path, {
  clock: { now: () => 0 },
  log: () => undefined,
  migrations: migrations.map((one) => ({
    ...one,
    up: ({ exec }) => {
      if (one !== numbers) return one.up({ exec });
      let done = 0;
      one.up({
        exec: (text) => {
          for (const statement of text.split(';').filter((part) => part.trim() !== '')) {
            if (done === Number(statements)) process.kill(process.pid, 'SIGKILL');
            exec(statement);
            done += 1;
          }
        },
      });
      // More than it has: at the very end of it, before it is committed.
      process.kill(process.pid, 'SIGKILL');
    },
  })),
});
writeSync(1, 'not killed\n');
