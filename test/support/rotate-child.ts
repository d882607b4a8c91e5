import { randomBytes } from 'node:crypto';
import { loginStore } from '../../main/core/login-store.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import { openSecrets } from '../../main/core/secrets.ts';
import { personToken } from '../../main/databricks/login.ts';
import { httpsFor } from '../../main/databricks/oauth-http.ts';

/**
 * Renew the login of a profile in a process of its own: `rotate-child DIR PORT CA WHEN`. It kills itself at WHEN (`asking`: before
 * the request leaves; `answered`: with the answer in hand, before it is stored; `stored`: before the token is used), or renews
 * for ever (`loop`), or once (`once`). Prints the token that it would use.
 */
const [dir = '', port = '', caFile = '', when = ''] = process.argv.slice(2);
const place = { kind: 'practice', host: '127.0.0.1', port: Number(port), caFile } as const;
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
};
const store = loginStore(dir, openSecrets(dir, null), 'workspace', nodeScheduler);
const call = httpsFor(place);
const source = (now: () => number) =>
  personToken(
    {
      ...store,
      write: (login) => {
        if (when === 'answered') die();
        const written = store.write(login);
        if (when === 'stored') die();
        return written;
      },
    },
    place,
    { clock: { now } },
    (url, init) => (when === 'asking' && init.method === 'POST' ? die() : call(url, init)),
  );

const hours = (count: number): number => count * 3_600_000;
if (when === 'loop') {
  process.stdout.write('going\n');
  // Each round believes that more time has passed, so that every round renews.
  for (let round = 1; ; round += 1) {
    const base = Date.now() + hours(round);
    const answer = await source(() => base).get();
    if (!answer.ok) process.exit(3);
    if (randomBytes(1)[0] === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
const answer = await source(() => Date.now()).get();
process.stdout.write(answer.ok ? `${answer.value}\n` : `refused ${answer.error.code ?? answer.error.tag}\n`);
