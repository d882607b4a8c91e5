// A real core on a practice lakehouse whose connection layer is recorded, and a room in it that packs itself.
import { randomBytes } from 'node:crypto';
import { type Core, createCore, type CoreDeps } from '../../main/core/create-core.ts';
import { httpsFor } from '../../main/databricks/oauth-http.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { ok } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/contract/calls.ts';
import { onTestFinished } from 'vitest';
import { until } from './browser.ts';
import { coreDeps, value } from './core.ts';
import { listenAtDoors } from './doors.ts';
import { databricksDeps, practiceConnection } from './lakehouse.ts';
import type { Practice } from './practice.ts';

/**
 * Every way out of a core, by name, in order: statements and REST calls of its workspaces, sign-in servers, the Databricks CLI, the
 * check of a connection, and beneath all of them each socket of this process (`socket HOST:PORT`). Close it.
 */
export type Recorder = {
  readonly asked: string[];
  readonly deps: Pick<CoreDeps, 'openWorkspace' | 'checkConnection' | 'auth'>;
  readonly close: () => void;
};
export const createRecorder = (): Recorder => {
  const asked: string[] = [];
  const recorded = (inner: Workspace): Workspace => ({
    ...inner,
    warehouse: {
      ...inner.warehouse,
      query: (statement, options) => {
        asked.push(statement.name);
        return inner.warehouse.query(statement, options);
      },
      pages: (statement, options) => {
        asked.push(statement.name);
        return inner.warehouse.pages(statement, options);
      },
    },
    rest: {
      ...inner.rest,
      call: (request, options) => {
        asked.push(request.path);
        return inner.rest.call(request, options);
      },
    },
    identity: (options) => {
      asked.push('identity');
      return inner.identity(options);
    },
  });
  const doors = listenAtDoors((to) => void asked.push(`socket ${to}`));
  onTestFinished(doors.close);
  return {
    asked,
    deps: {
      openWorkspace: (connection) => {
        asked.push('open');
        const opened = openWorkspace(connection, databricksDeps());
        return opened.ok ? ok(recorded(opened.value)) : opened;
      },
      checkConnection: () => {
        asked.push('check');
        return Promise.resolve([]);
      },
      auth: {
        clock: { now: () => Date.now() },
        cli: {
          run: () => {
            asked.push('cli');
            return Promise.resolve(null);
          },
          cache: () => null,
        },
        call: (place) => (url, init) => {
          asked.push(`sign-in ${url.pathname}`);
          return httpsFor(place)(url, init);
        },
      },
    },
    close: doors.close,
  };
};

export const openOfflineCore = async (
  home: string,
  practice: Practice,
  recorder: Recorder,
  changes: Partial<CoreDeps> = {},
): Promise<Core> =>
  value(
    await createCore(
      coreDeps(home, {
        background: true,
        random: (length) => randomBytes(length),
        practice: () =>
          Promise.resolve(
            ok({ connection: practiceConnection(practice), seed: 1, control: () => Promise.resolve(ok({})) }),
          ),
        ...recorder.deps,
        ...changes,
      }),
    ),
  );

export const cardOf = async (core: Core, log: string): Promise<CallOutput<'offline.get'>> =>
  value(await core.call('offline.get', { log }));

/** The room of the first proposal, packed to its end. */
export const packedRoom = async (core: Core): Promise<string> => {
  const proposal = await until(
    'a proposal',
    async () => value(await core.call('inbox.list', {})).proposals[0] ?? null,
    150_000,
  );
  const { log } = value(await core.call('room.open', { from: 'proposal', proposal: proposal.id }));
  await until('the room is packed', async () => (await cardOf(core, log)).pack?.finishedAt ?? null, 150_000);
  return log;
};
