import { setTimeout as sleep } from 'node:timers/promises';
import { anyAnswer, told } from '../answered.ts';
import type { Check } from '../check.ts';
import { prepare, rowsOf, type Stage } from '../stage.ts';
import { batchOf, eventsTable, push, pushVia } from './events-table.ts';

const clients = [1, 5, 20] as const;
/** A client of a room in use: a push every three seconds, each with a few events. */
const everyMs = 3_000;
const eventsOfPush = 3;

const at = (sorted: readonly number[], part: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);

type Load = {
  readonly clients: number;
  readonly seconds: number;
  readonly pushes: number;
  readonly refused: readonly string[];
  readonly perSecond: number;
  readonly latencyMs: { readonly median: number; readonly p95: number; readonly max: number };
};

/** So many clients, each with a session of its own, push for the agreed time. */
const pushFor = async (stage: Stage, place: string, count: number): Promise<Load> => {
  const { now } = stage.deps.clock;
  const seconds = stage.wishes.loadSeconds;
  const began = now();
  const until = began + seconds * 1_000;
  const took: number[] = [];
  const refused = new Set<string>();
  await Promise.all(
    Array.from({ length: count }, async (_, client) => {
      const workspace = stage.another();
      // The first one opens the session: it is no push of a client that is at work.
      await workspace.warehouse.query({ name: 'conformance', text: 'SELECT 1 AS a', effect: 'read' });
      for (let n = 0; n === 0 || now() < until; n += 1) {
        const sent = now();
        const seqs = Array.from({ length: eventsOfPush }, (_, i) => n * eventsOfPush + i + 1);
        const pushed = await pushVia(workspace, place, batchOf(seqs, 'x'.repeat(300), `d${count}-${client}`));
        if (pushed.ok) took.push(now() - sent);
        else refused.add(pushed.error.errorClass ?? pushed.error.tag);
        await sleep(Math.max(0, Math.min(sent + everyMs, until) - now()));
      }
      await workspace.close();
    }),
  );
  const sorted = [...took].sort((a, b) => a - b);
  const lasted = (now() - began) / 1_000;
  return {
    clients: count,
    seconds: Math.round(lasted),
    pushes: took.length,
    refused: [...refused],
    perSecond: Math.round((took.length / lasted) * 100) / 100,
    latencyMs: { median: at(sorted, 0.5), p95: at(sorted, 0.95), max: at(sorted, 1) },
  };
};

const filesOf = async (stage: Stage, place: string): Promise<{ readonly files: number; readonly bytes: number }> => {
  const [row] = await rowsOf(stage, `DESCRIBE DETAIL ${place}.events`);
  return { files: Number(row?.['numFiles'] ?? 0), bytes: Number(row?.['sizeInBytes'] ?? 0) };
};

const commitsOf = async (stage: Stage, place: string): Promise<number> =>
  Number((await rowsOf(stage, `DESCRIBE HISTORY ${place}.events LIMIT 1`))[0]?.['version'] ?? 0);

/** Rate and latency of commits, and what they leave behind: one commit and one small file for each push, until OPTIMIZE. */
const load = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'load');
  const loads: Load[] = [];
  for (const count of clients) loads.push(await pushFor(stage, place, count));
  const pushes = loads.reduce((sum, one) => sum + one.pushes, 0);
  const [there] = await rowsOf(stage, `SELECT count(*) AS n FROM ${place}.events`);
  const before = { ...(await filesOf(stage, place)), commits: await commitsOf(stage, place) };
  await prepare(stage, `OPTIMIZE ${place}.events`);
  const growth = { pushes, before, afterOptimize: await filesOf(stage, place) };
  return told(
    { loads, growth },
    {
      refused: loads.flatMap((one) => one.refused),
      lost: Number(there?.['n']) !== pushes * eventsOfPush,
    },
  );
};

/** From the push of one session until another one that looks all the time has the event, three times. */
const writeToSeen = async (stage: Stage): Promise<unknown> => {
  const place = await eventsTable(stage, 'seen');
  const reader = stage.another();
  const { now } = stage.deps.clock;
  const took: number[] = [];
  for (const seq of [1, 2, 3]) {
    const began = now();
    await push(stage, place, [seq]);
    for (;;) {
      const look = await reader.warehouse.query({
        name: 'conformance',
        text: `SELECT max(seq) AS m FROM ${place}.events`,
        effect: 'read',
      });
      if (look.ok && look.value.rows[0]?.['m'] === String(seq)) break;
      if (now() - began > 60_000) throw new Error('what was pushed was not seen within a minute');
    }
    took.push(now() - began);
  }
  return told({ milliseconds: took });
};

const noSpeed = 'its speed says nothing about a warehouse';

export const loadChecks: readonly Check[] = [
  {
    id: 'load.commits',
    about: 'latency and rate of commits with 1, 5 and 20 clients, growth of log and files; nothing is refused or lost',
    lacking: { spark: noSpeed },
    observe: load,
    expected: { refused: [], lost: false },
  },
  {
    id: 'load.write-to-seen',
    about: 'how long it takes until another session sees what was pushed',
    lacking: { spark: noSpeed },
    observe: writeToSeen,
    expected: anyAnswer,
  },
];
