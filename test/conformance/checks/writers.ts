import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeltaTransport } from '../../../main/sync/delta.ts';
import { placeOf, tableDdl } from '../../../main/sync/delta-sql.ts';
import { orgNamed, roomNamed } from '../../sync/support/lines.ts';
import { startWriter, type Writer } from '../../sync/support/process.ts';
import { told } from '../answered.ts';
import type { Check } from '../check.ts';
import { ask, rowsOf, type Stage } from '../stage.ts';

const org = orgNamed('writers');
const room = roomNamed('writers');
const names = ['ada', 'bob', 'cem', 'dee'] as const;
/** Notes of each writer before and after each disturbance. */
const notes = 2;
const settleMs = 240_000;
const patience = 120_000;

type State = {
  readonly waiting: number;
  readonly held: readonly [events: number, different: number];
  readonly digests: readonly (readonly [heads: string, digest: string])[];
};
type Head = { readonly dev: string; readonly seq: number };

const headsOf = (state: State | undefined): readonly Head[] => JSON.parse(state?.digests[1]?.[0] ?? '[]') as Head[];

/** Until all say the same, nothing waits and everybody's notes are there; the last states when it takes too long. */
const settled = async (writers: readonly Writer[], perStream: number): Promise<readonly State[]> => {
  const until = Date.now() + settleMs;
  for (;;) {
    const states = await Promise.all(writers.map((writer) => writer.say<State>('state', patience)));
    const same = states.every((state) => JSON.stringify(state.digests) === JSON.stringify(states[0]?.digests));
    const heads = headsOf(states[0]);
    const whole = heads.length === names.length && heads.every((head) => head.seq >= perStream);
    if ((same && whole && states.every(({ waiting }) => waiting === 0)) || Date.now() > until) return states;
    await sleep(500);
  }
};

/** A statement of an administrator: one that loses against a push is given again, as a person would. */
const administer = async (stage: Stage, text: string): Promise<void> => {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask(stage.workspace, text);
    if (answer.ok) return;
    if (answer.error.sqlState !== '2D521' || tries >= 20) throw new Error(`${text}: ${answer.error.what}`);
  }
};

/**
 * Four processes, each with a profile, a log and a sync of its own, push through the real code while the table is optimised, restored to
 * its past and made anew. In the end everybody holds every note once: as many events as the streams are long, each number of a stream
 * once. The table may hold one more often: an INSERT is blind and at least once, a push whose answer was lost is sent again, and
 * whoever sees that a restored or new table lacks events puts them back, all four at a time. Then every copy must be the same, and
 * the pull drops it.
 */
const fourWriters = async (stage: Stage): Promise<unknown> => {
  const place = `${stage.catalog}.${stage.schema}_writers`;
  const made = await createDeltaTransport(place, stage.workspace.warehouse, randomBytes).init(org);
  if (!made.ok) throw new Error(made.error.what);
  const token = await stage.connection.auth.get();
  if (!token.ok) throw new Error(token.error.what);
  const { host, port, httpPath, caFile = '' } = stage.connection;
  const address = { host, port, httpPath, token: token.value, caFile };
  const dirs = names.map((name) => mkdtempSync(join(tmpdir(), `bw-writer-${name}-`)));
  const times = { activeMs: 600, idleMs: 1_200, writeMs: 200 };
  const writers: Writer[] = [];
  const all = (line: string): Promise<unknown> => Promise.all(writers.map((one) => one.say(line, patience)));
  try {
    for (const [i, name] of names.entries())
      writers.push(
        await startWriter({ name, dir: dirs[i], address, shares: [{ kind: 'delta', place }], org, room, times }),
      );
    await all('start');
    const at = placeOf(place);
    if (at === null) throw new Error('the place of the suite is a place');
    const events = `${place}.events`;
    const disturbances: readonly (readonly string[])[] = [
      [`OPTIMIZE ${events}`],
      [`RESTORE TABLE ${events} TO VERSION AS OF 2`],
      [`DROP TABLE ${events}`, tableDdl(at)[0]?.text ?? ''],
    ];
    const rounds: unknown[] = [];
    let count = 0;
    for (const texts of disturbances) {
      count += notes;
      await all(`write ${notes}`);
      for (const text of texts) await administer(stage, text);
      count += 1;
      await all('write 1');
      const states = await settled(writers, count);
      rounds.push({
        same: states.every((one) => JSON.stringify(one.digests) === JSON.stringify(states[0]?.digests)),
        waiting: states.reduce((sum, one) => sum + one.waiting, 0),
        streams: headsOf(states[0]).map((head) => head.seq >= count),
      });
    }
    const states = await settled(writers, count);
    const heads = headsOf(states[0]);
    const [there] = await rowsOf(
      stage,
      `SELECT count(*) AS copies, count(DISTINCT concat(device_id, ' ', CAST(seq AS STRING))) AS events, count(DISTINCT hash) AS hashes, count(DISTINCT concat(hash, line)) AS contents FROM ${events} WHERE log_id = :room`,
      { room },
    );
    const wanted = heads.reduce((sum, head) => sum + head.seq, 0);
    const counted = (name: string): number => Number(there?.[name] ?? -1);
    const twice = counted('copies') - counted('events');
    return told(
      { events: wanted, copiesMoreThanOnce: twice },
      {
        rounds,
        lost: counted('events') !== wanted,
        forged: counted('hashes') !== wanted || counted('contents') !== wanted,
        // Whoever pushes again what was not answered can push each event again once; more would be a loop.
        flooded: twice > wanted * names.length,
        held: states.map(({ held: [all, different] }) => all === wanted && different === wanted),
      },
    );
  } finally {
    for (const writer of writers) await writer.kill();
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  }
};

export const writerChecks: readonly Check[] = [
  {
    id: 'share.four-writers',
    about: 'four processes lose and double nothing across OPTIMIZE, RESTORE and DROP + CREATE of the table',
    lacking: {
      workspace: 'its table would be restored and dropped under four processes: the other engines answer this',
    },
    observe: fourWriters,
    expected: {
      rounds: [1, 2, 3].map(() => ({ same: true, waiting: 0, streams: names.map(() => true) })),
      lost: false,
      forged: false,
      flooded: false,
      held: names.map(() => true),
    },
  },
];
