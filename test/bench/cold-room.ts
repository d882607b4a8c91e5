// A cold room from the cache: a profile with many facts, a core that has just been started on it, and a workspace in which every
// collector runs and none gets anything: each call fails, or is never answered.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCore } from '../../main/core/create-core.ts';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type { Connection, DatabricksFailure, QueryOptions, Workspace } from '../../main/databricks/port.ts';
import { staticToken } from '../../main/databricks/token-source.ts';
import { openStore } from '../../main/store/store.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { coreDeps, value } from '../support/core.ts';
import { putFact } from '../support/facts.ts';
import { clock, type Figure, median, seconds } from './seams.ts';

const facts = 50_000;
const turns = 5;
type How = 'failing' | 'unanswered';
type Refused = Result<never, DatabricksFailure>;

/** It says who it is, so that collectors start; `asked` counts what they then ask for. */
const uselessWorkspace = (how: How, asked: { count: number }): Workspace => {
  const closed = new AbortController();
  const call = (options?: QueryOptions): Promise<Refused> => {
    asked.count += 1;
    // A failure that ends no turn: every collector comes to it.
    if (how === 'failing')
      return Promise.resolve(err(databricksFailure('StatementFailed', { code: 'INTERNAL_ERROR' })));
    const signals = [closed.signal, ...(options?.signal === undefined ? [] : [options.signal])];
    return new Promise((resolve) => {
      const end = (): void => resolve(err(databricksFailure('Cancelled', {})));
      for (const signal of signals) {
        if (signal.aborted) end();
        signal.addEventListener('abort', end);
      }
    });
  };
  return {
    connection,
    warehouse: {
      query: (_, options) => call(options),
      pages: async function* (_, options) {
        yield await call(options);
      },
      close: () => Promise.resolve(),
    },
    rest: { call: (_, options) => call(options) },
    identity: () => Promise.resolve(ok({ workspaceId: '7', metastoreId: 'ms', user: 'bench' })),
    close: () => {
      closed.abort();
      return Promise.resolve();
    },
  };
};
const connection: Connection = {
  kind: 'practice', name: 'practice', host: '127.0.0.1', port: 1, httpPath: '/', auth: staticToken('none'),
}; // prettier-ignore

/** A room about one job, and a cache full of its runs. */
const prepare = async (home: string): Promise<string> => {
  const core = value(await createCore(coreDeps(home)));
  const { log } = value(
    await core.call('room.open', { from: 'hand', title: 'Bench', class: 'data-quality', severity: 'SEV3' }),
  );
  value(await core.call('note.add', { log, text: 'About it', assets: ['job|7|9'] }));
  await core.close();
  const db = openStore(join(home, 'profiles', 'default', 'breakwater.db'), { clock, log: () => undefined });
  if (!db.ok) throw new Error(db.error.what);
  db.value.transaction((write) => {
    for (let n = 0; n < facts; n += 1) {
      const at = new Date(clock.now() - n * 2_000).toISOString();
      putFact(
        write,
        {
          id: `run|7|${n}`, kind: 'run', source: 'bench', workspace: '7', region: null, happened: at, observed: at, complete_to: at,
          assets: '["job|7|9"]', title: `Run ${n} failed`, data: '{"result":"failed"}',
        }, // prettier-ignore
        ['job|7|9'],
      );
    }
    return ok(null);
  });
  db.value.close();
  return log;
};

type Times = { readonly started: number; readonly opened: number };

/** How often the workspace was asked until collectors count as failing: one that is never answered holds up the others. */
const askedOften: Readonly<Record<How, number>> = { failing: 30, unanswered: 1 };

/**
 * Start of the core until it answers, and how long the room then takes: at once, and once more amid collectors that fail; the
 * slower of both. Throws when they did not come to that.
 */
const once = async (home: string, log: string, how: How): Promise<Times> => {
  const asked = { count: 0 };
  const began = performance.now();
  const core = value(
    await createCore(
      coreDeps(home, {
        background: true,
        practice: () => Promise.resolve(ok({ connection, seed: 1, control: () => Promise.resolve(ok({})) })),
        openWorkspace: () => ok(uselessWorkspace(how, asked)),
      }),
    ),
  );
  const started = performance.now() - began;
  const opened = (): Promise<number> =>
    seconds(async () => {
      value(await core.call('room.get', { log }));
      value(await core.call('room.timeline', { log, limit: 100 }));
    });
  const first = await opened();
  for (let n = 0; asked.count < askedOften[how] && n < 500; n += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const amid = await opened();
  await core.close();
  if (asked.count < askedOften[how]) throw new Error(`asked ${asked.count} times only: the figure would say nothing`);
  return { started, opened: Math.max(first, amid) * 1000 };
};

export const coldRoomFigures = async (): Promise<readonly Figure[]> => {
  const home = mkdtempSync(join(tmpdir(), 'bw-bench-'));
  try {
    const log = await prepare(home);
    const figures: Figure[] = [];
    for (const how of ['failing', 'unanswered'] as const) {
      const times: Times[] = [];
      for (let turn = 0; turn < turns; turn += 1) times.push(await once(home, log, how));
      const name = `cold room from ${facts.toLocaleString('en')} facts, every call ${how}`;
      const whole = median(times.map(({ started, opened }) => started + opened));
      figures.push(
        { name, value: Math.round(median(times.map(({ opened }) => opened))), unit: 'ms', aim: '≤ 150' },
        { name: `${name}, with the start of the core`, value: Math.round(whole), unit: 'ms', aim: '' },
      );
    }
    return figures;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
};
