import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWorkspace } from '../../../main/databricks/workspace.ts';
import { root } from '../../support/places.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { told } from '../answered.ts';
import type { Check } from '../check.ts';
import type { KilledJob } from '../killed-writer.ts';
import { rowsOf, type Stage } from '../stage.ts';
import { batchOf, eventsTable, oneTo, pushVia } from './events-table.ts';

const script = join(root, 'test/conformance/killed-writer.ts');
/** Events in a push: one is there with all of them, or not at all. */
const whole = 200;

/** Starts the process, and kills it so many milliseconds after the statement was handed to the driver. What it said last. */
const killAfter = (job: KilledJob, ms: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
    let last = 'nothing';
    let errors = '';
    child.stderr.on('data', (part: Buffer) => (errors = `${errors}${part.toString()}`.slice(-1_000)));
    child.once('error', reject);
    child.once('close', () => (last === 'nothing' ? reject(new Error(`it said nothing: ${errors}`)) : resolve(last)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = line;
      if (line === 'sent') setTimeout(() => child.kill('SIGKILL'), ms);
    });
    child.stdin.write(`${JSON.stringify(job)}\n`);
  });

/** Looks until the events are there or nothing more is to be expected; how many, and after how many milliseconds. */
const comeOf = async (
  stage: Stage,
  place: string,
  device: string,
): Promise<{ readonly events: number; readonly afterMs: number }> => {
  const { now } = stage.deps.clock;
  const began = now();
  for (;;) {
    const [row] = await rowsOf(stage, `SELECT count(*) AS n FROM ${place}.events WHERE device_id = '${device}'`);
    const [events, afterMs] = [Number(row?.['n']), now() - began];
    if (events > 0 || afterMs > Math.max(2_000, stage.wishes.patienceMs / 3)) return { events, afterMs };
    await sleep(300);
  }
};

/** The client dies at several moments after it sent its INSERT. */
const killed = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'killed');
  const token = await stage.connection.auth.get();
  if (!token.ok) throw new Error(token.error.what);
  const { auth: _, ...connection } = stage.connection;
  const moments = stage.engine === 'workspace' ? [0, 50, 200, 500, 1_000, 3_000] : [100];
  const deaths = [];
  for (const ms of moments) {
    const device = `killed-after-${ms}`;
    const batch = batchOf(oneTo(whole), 'x'.repeat(300), device);
    const said = await killAfter({ connection, token: token.value, place, batch }, ms);
    deaths.push({ killedAfterMs: ms, answered: said === 'ended', ...(await comeOf(stage, place, device)) });
  }
  return told(
    deaths,
    deaths.filter((one) => (one.events !== 0 && one.events !== whole) || (one.answered && one.events === 0)),
  );
};

/** The connection breaks between the request and its answer: nobody sends the INSERT a second time. */
const replyLost = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'reply_lost');
  const proxy = await startConnectProxy();
  const opened = openWorkspace({ ...stage.connection, network: { proxy: { url: proxy.url } } }, stage.deps);
  if (!opened.ok) throw new Error(opened.error.what);
  try {
    const ready = await opened.value.warehouse.query({ name: 'conformance', text: 'SELECT 1 AS a', effect: 'read' });
    if (!ready.ok) throw new Error(ready.error.what);
    const batch = batchOf(oneTo(whole), 'x'.repeat(300));
    // The request is longer than its batch; what comes back after that much went out is its answer.
    const cut = proxy.cutReplyAfter(batch.length);
    const pushed = await pushVia(opened.value, place, batch);
    const come = await comeOf(stage, place, 'd');
    return told(
      { cut: cut(), ...come },
      { cut: cut(), said: pushed.ok ? 'done' : pushed.error.tag, double: come.events > whole, half: come.events % whole },
    );
  } finally {
    await opened.value.close();
    await proxy.close();
  }
}; // prettier-ignore

export const killedChecks: readonly Check[] = [
  {
    id: 'live.killed-client',
    about: 'a client killed after it sent its INSERT: everything or nothing is there; when it came',
    observe: killed,
    expected: [],
  },
  {
    id: 'live.reply-lost',
    about: 'the reply of an INSERT is lost on its way: the driver does not send it again, and says that nobody knows',
    observe: replyLost,
    expected: { cut: true, said: 'ReplyLost', double: false, half: 0 },
  },
];
