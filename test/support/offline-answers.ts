// Everything that a screen can ask about a room, asked: views, comparisons and searches alike.
import * as v from 'valibot';
import type { Core } from '../../main/core/create-core.ts';
import { calls, type CallName, type CallOutput } from '../../shared/contract/calls.ts';
import { value } from './core.ts';

/** Queries whose answer says how the connection is: they are asked like all others, and answer otherwise without one. */
const aboutConnection: ReadonlySet<string> = new Set([
  'app.status',
  'practice.get',
  'connection.list',
  'connection.login',
]);

/** Answers by question, and which queries of the contract were answered at all. */
export type Answers = {
  /** Those that must be the same with and without a network. */
  readonly same: ReadonlyMap<string, unknown>;
  readonly answered: ReadonlySet<string>;
};
export const everyQuery: readonly string[] = Object.entries(calls).flatMap(([name, spec]) =>
  spec.kind === 'query' ? [name] : [],
);

/**
 * Every query of the contract, with every input that it takes of those given: a new query is in it without anybody adding it, and is
 * missing from `answered` when no input here fits it. Timelines are followed to their end, tables that can be compared are compared,
 * `words` are searched in the room and among names.
 */
export const answersFor = async (core: Core, log: string, words: readonly string[]): Promise<Answers> => {
  const same = new Map<string, unknown>();
  const answered = new Set<string>();
  const ask = async <N extends CallName>(name: N, input: unknown): Promise<CallOutput<N> | null> => {
    const answer = await core.call(name, input as never);
    if (!aboutConnection.has(name)) same.set(`${name} ${JSON.stringify(input)}`, answer);
    if (!answer.ok) return null;
    answered.add(name);
    return answer.value;
  };
  const room = value(await core.call('room.get', { log }));
  const entries: string[] = [];
  const read = async (more: Readonly<Record<string, unknown>>): Promise<void> => {
    for (let before: string | null = null; ;) {
      const page: CallOutput<'room.timeline'> | null = await ask('room.timeline', { log, limit: 200, before, ...more });
      entries.push(...(page?.rows ?? []).map(({ id }) => id));
      before = page?.next ?? null;
      if (before === null) return;
    }
  };
  for (const order of ['happened', 'recorded']) for (const machine of [true, false]) await read({ order, machine });
  for (const search of words) await read({ search });
  for (const text of words) await ask('watch.find', { text });
  for (const id of new Set(entries)) await ask('room.entry', { log, id });
  for (const hops of [1, 2, 3, 4, 5, 6]) await ask('room.lineage', { log, hops });
  for (const { id } of room.attachments) await ask('attachment.read', { log, attachment: id, offset: 0 });
  const lineage = await ask('room.lineage', { log });
  for (const asset of new Set([...room.assets, ...(lineage?.nodes ?? [])].map(({ id }) => id))) {
    const sheet = await ask('asset.get', { log, asset });
    const versions = (sheet?.versions ?? []).map(({ version }) => version);
    // Newest with its neighbour, with the oldest, and backwards: all pairs of 200 versions say no more.
    for (const from of [versions[1], versions.at(-1)])
      if (from !== undefined) {
        await ask('asset.compare', { log, asset, from, to: versions[0] });
        await ask('asset.compare', { log, asset, from: versions[0], to: from });
      }
  }
  const inputs: Readonly<Record<string, unknown>>[] = [
    {},
    { log },
    ...room.assets.flatMap(({ id }) => [{ log, asset: id }, { asset: id }, { log, id }]),
  ];
  for (const [name, spec] of Object.entries(calls) as [CallName, (typeof calls)[CallName]][]) {
    if (spec.kind !== 'query') continue;
    // What a query does not take of an input makes no other question.
    const taken = inputs
      .map((input) => v.safeParse(spec.input, input))
      .flatMap((one) => (one.success ? [one.output] : []));
    for (const input of new Set(taken.map((one) => JSON.stringify(one)))) await ask(name, JSON.parse(input));
  }
  return { same, answered };
};
