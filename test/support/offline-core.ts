// A real core on a practice lakehouse whose connection layer is recorded, and a room in it that packs itself.
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { type Core, createCore, type CoreDeps } from '../../main/core/create-core.ts';
import type { Connection, Workspace } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { ok } from '../../shared/base/result.ts';
import { calls, type CallName, type CallOutput } from '../../shared/contract/calls.ts';
import { until } from './browser.ts';
import { coreDeps, value } from './core.ts';
import { databricksDeps, practiceConnection } from './lakehouse.ts';
import type { Practice } from './practice.ts';

/** Everything that a core asks of the connection layer, by name, in order. */
export type Recorder = { readonly asked: string[]; readonly open: CoreDeps['openWorkspace'] };
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
  return {
    asked,
    open: (connection: Connection) => {
      asked.push('open');
      const opened = openWorkspace(connection, databricksDeps());
      return opened.ok ? ok(recorded(opened.value)) : opened;
    },
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
        openWorkspace: recorder.open,
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
    60_000,
  );
  const { log } = value(await core.call('room.open', { from: 'proposal', proposal: proposal.id }));
  await until('the room is packed', async () => (await cardOf(core, log)).pack?.finishedAt ?? null, 60_000);
  return log;
};

/** Queries whose answer is about the connection itself. */
const aboutConnection = /^(?:app\.|practice\.|connection\.)/;

/**
 * Every query of the contract that a room can be asked, with every input that it takes of those given: new queries are in it
 * without anybody adding them. Timelines are followed to their end.
 */
export const answersFor = async (
  core: Core,
  log: string,
  words: readonly string[],
): Promise<ReadonlyMap<string, unknown>> => {
  const answers = new Map<string, unknown>();
  const ask = async (name: CallName, input: unknown): Promise<unknown> => {
    const answer = await core.call(name, input as never);
    answers.set(`${name} ${JSON.stringify(input)}`, answer);
    return answer.ok ? answer.value : null;
  };
  const room = value(await core.call('room.get', { log }));
  const entries: string[] = [];
  const read = async (more: Readonly<Record<string, unknown>>): Promise<void> => {
    for (let before: string | null = null; ;) {
      const page = (await ask('room.timeline', { log, limit: 200, before, ...more })) as CallOutput<'room.timeline'>;
      entries.push(...page.rows.map(({ id }) => id));
      if (page.next === null) return;
      before = page.next;
    }
  };
  for (const order of ['happened', 'recorded']) for (const machine of [true, false]) await read({ order, machine });
  for (const search of words) await read({ search });
  for (const id of new Set(entries)) await ask('room.entry', { log, id });
  for (const hops of [1, 2, 3, 4, 5, 6]) await ask('room.lineage', { log, hops });
  const inputs: Readonly<Record<string, unknown>>[] = [
    {},
    { log },
    ...room.assets.flatMap(({ id }) => [{ log, asset: id }, { asset: id }, { log, id }]),
  ];
  for (const [name, spec] of Object.entries(calls) as [CallName, (typeof calls)[CallName]][]) {
    if (spec.kind !== 'query' || aboutConnection.test(name) || name === 'attachment.read') continue;
    for (const input of inputs) if (v.safeParse(spec.input, input).success) await ask(name, input);
  }
  return answers;
};
