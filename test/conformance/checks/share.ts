import { randomBytes } from 'node:crypto';
import { dbx } from '../../../main/databricks/statements.ts';
import { createDeltaTransport } from '../../../main/sync/delta.ts';
import { makeSchema, placeOf, tableDdl, type Place } from '../../../main/sync/delta-sql.ts';
import type { PullPage, SharedEvent, Transport } from '../../../main/sync/port.ts';
import { deviceNamed, orgNamed, roomNamed, streamOf } from '../../sync/support/lines.ts';
import type { Check } from '../check.ts';
import { prepare, rowsOf, type Stage } from '../stage.ts';

const org = orgNamed('conformance');
const room = roomNamed('conformance');
const [ada, bob] = [deviceNamed('ada'), deviceNamed('bob')];

const need = <T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: { readonly what: string } },
): T => {
  if (!result.ok) throw new Error(result.error.what);
  return result.value;
};

const placeIn = (stage: Stage, name: string): string => `${stage.catalog}.${stage.schema}_${name}`;
const tablesOf = (place: string): Place => {
  const at = placeOf(place);
  if (at === null) throw new Error(`${place} is no place`);
  return at;
};

/** Everything that `placeOf` lets through and that a statement could stumble over: a comment, ends of statements, markers, Unicode. */
const hostileName = 'b--"%;:x);~漢😀é';

/** What a reader gets from a cursor on, in as many pages as it takes; a round begins by asking who the place is. */
const read = async (
  transport: Transport,
  from: string | null,
): Promise<{ readonly keys: readonly string[]; readonly cursor: string; readonly full: boolean }> => {
  need(await transport.probe());
  const keys: string[] = [];
  let cursor = from;
  let full = false;
  for (let pages = 0; ; pages += 1) {
    const page: PullPage = need(await transport.pull(room, cursor));
    keys.push(...page.events.map((one) => `${one.copies?.dev === ada ? 'ada' : 'bob'} ${one.copies?.seq}`));
    cursor = page.cursor;
    full ||= page.full;
    if (!page.more || pages > 50) return { keys, cursor, full };
  }
};

const odd: SharedEvent = { line: streamOf(room, bob, 1)[0]?.line ?? '', d: ['b64\\"\n', "it's ${x} :y ☃"], sig: 'sig' };

/** Set up, push, pull, heads, a range, another organisation: the whole of main/sync/delta.ts. */
const wholeFlow = async (stage: Stage, name: string): Promise<unknown> => {
  const place = placeIn(stage, name);
  const transport = createDeltaTransport(place, stage.workspace.warehouse, randomBytes);
  const before = await transport.probe();
  need(await transport.init(org));
  const other = createDeltaTransport(place, stage.another().warehouse, randomBytes);
  need(await transport.push(room, ada, 1, streamOf(room, ada, 3)));
  need(await other.push(room, bob, 1, [odd]));
  const first = await read(other, null);
  const back = need(await transport.range(room, bob, 1, 1))[0];
  need(await transport.push(room, ada, 4, streamOf(room, ada, 5).slice(3)));
  const second = await read(other, first.cursor);
  const foreign = await other.init(orgNamed('somebody else'));
  const pushedBy = await rowsOf(
    stage,
    dbx`SELECT count(*) AS n FROM ${tablesOf(place).events} WHERE pushed_by IS NOT NULL AND pushed_at IS NOT NULL`.text,
  );
  return {
    before: before.ok ? 'there' : before.error.tag,
    first: { keys: first.keys, full: first.full },
    second: second.keys,
    unchanged: back?.line === odd.line && JSON.stringify(back.d) === JSON.stringify(odd.d),
    heads: need(await transport.heads(room))
      .map((one) => [one.dev === ada ? 'ada' : 'bob', one.seq, one.count])
      .sort(),
    foreign: foreign.ok ? 'taken' : foreign.error.tag,
    pushedBy: pushedBy[0]?.['n'],
  };
};

/** RESTORE, DROP and CREATE under a reader: it starts again and then knows what is there, once. */
const disturbed = async (stage: Stage): Promise<unknown> => {
  const place = placeIn(stage, 'disturbed');
  const transport = createDeltaTransport(place, stage.workspace.warehouse, randomBytes, 2);
  need(await transport.init(org));
  for (let n = 1; n <= 3; n += 1) need(await transport.push(room, ada, n, streamOf(room, ada, n).slice(n - 1)));
  const first = await read(transport, null);
  await prepare(stage, `OPTIMIZE ${place}.events`);
  const optimised = await read(transport, first.cursor);
  await prepare(stage, `RESTORE TABLE ${place}.events TO VERSION AS OF 1`);
  const restored = await read(transport, optimised.cursor);
  const { events } = tablesOf(place);
  const [ddl] = tableDdl({ events, segments: events, meta: events });
  await prepare(stage, `DROP TABLE ${place}.events`, (ddl ?? dbx``).text);
  need(await transport.push(room, bob, 1, streamOf(room, bob, 1)));
  const replaced = await read(transport, restored.cursor);
  return [first, optimised, restored, replaced].map(({ keys, full }) => ({ keys, full }));
};

/** A table without row tracking: the whole log by key first, the change feed from then on. */
const withoutRowTracking = async (stage: Stage, name: string): Promise<unknown> => {
  const place = placeIn(stage, name);
  const at = tablesOf(place);
  await prepare(stage, makeSchema(at).text);
  for (const ddl of tableDdl(at))
    await prepare(stage, ddl.text.replace("'delta.enableRowTracking' = 'true'", "'delta.enableRowTracking' = 'false'"));
  const transport = createDeltaTransport(place, stage.workspace.warehouse, randomBytes, 2);
  need(await transport.init(org));
  need(await transport.push(room, ada, 1, streamOf(room, ada, 3)));
  const first = await read(transport, null);
  need(await transport.push(room, ada, 4, streamOf(room, ada, 5).slice(3)));
  const second = await read(transport, first.cursor);
  return [first, second].map(({ keys, full }) => ({ keys, full }));
};

const flowed = {
  before: 'ShareNotSetUp',
  first: { keys: ['ada 1', 'ada 2', 'ada 3', 'bob 1'], full: true },
  second: ['ada 4', 'ada 5'],
  unchanged: true,
  heads: [
    ['ada', 5, 5],
    ['bob', 1, 1],
  ],
  foreign: 'ShareReplaced',
  pushedBy: '6',
};
const byChanges = [
  { keys: ['ada 1', 'ada 2', 'ada 3'], full: true },
  { keys: ['ada 4', 'ada 5'], full: false },
];

export const shareChecks: readonly Check[] = [
  {
    id: 'share.flow',
    about: 'a share is set up, written by two, read by both; nothing is changed on its way',
    observe: (stage) => wholeFlow(stage, 'share'),
    expected: flowed,
  },
  {
    id: 'share.hostile-name',
    about:
      'the same in a schema whose name has quotes, comments, ends of statements, markers and Unicode, both ways of reading',
    lacking: { spark: 'its in-memory catalog takes letters, digits and _ only' },
    observe: async (stage) => ({
      byVersion: await wholeFlow(stage, `a${hostileName}`),
      byChanges: await withoutRowTracking(stage, hostileName),
    }),
    expected: { byVersion: flowed, byChanges },
  },
  {
    id: 'share.disturbed',
    about: 'OPTIMIZE changes nothing for a reader; after RESTORE and after DROP + CREATE it reads everything again',
    observe: disturbed,
    expected: [
      { keys: ['ada 1', 'ada 2', 'ada 3'], full: true },
      { keys: [], full: false },
      { keys: ['ada 1'], full: true },
      { keys: ['bob 1'], full: true },
    ],
  },
  {
    id: 'share.change-feed',
    about: 'without row tracking the change feed brings every event once',
    observe: (stage) => withoutRowTracking(stage, 'untracked'),
    expected: byChanges,
  },
];
