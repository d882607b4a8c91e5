import { collectors } from '../../../main/lake/sources.ts';
import { told } from '../answered.ts';
import { onlyOn, type Check } from '../check.ts';
import { govern, viewBeside } from '../governance.ts';
import { whatHappened } from '../happenings.ts';
import { harmless, hostile, hostileTables, typical, type Naming } from '../hostile.ts';
import { smallWith, withLookAlikes } from '../look-alikes.ts';
import { publishedLog, requestLog, tableWithPast } from '../own-tables.ts';
import type { Room } from '../room.ts';
import { silentSources } from '../silent-sources.ts';
import { runSources, type Run, type Runs } from '../source-runs.ts';
import type { Stage } from '../stage.ts';

/** Where two texts part, with what stands around it. */
const parting = (one: string, other: string): number => {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return at;
};

/** The first line that only one of two lists has, beside the line of the other list that is most like it. */
const firstDifference = (a: string, b: string): string => {
  const [here, there] = [a.split('\n'), b.split('\n')];
  const line = here.find((text) => !there.includes(text)) ?? '';
  const like = there.filter((text) => !here.includes(text)).toSorted((x, y) => parting(line, y) - parting(line, x))[0];
  const from = Math.max(0, parting(line, like ?? '') - 60);
  const shown = (text: string): string => (text === '' ? 'nothing' : text.slice(from, from + 300));
  return `there ${shown(line)}; in practice ${shown(like ?? '')}; of ${line.slice(0, 120)}`;
};

const results = new WeakMap<Stage, Promise<Runs>>();

const bothTables = async (of: Stage, naming: Naming): Promise<readonly string[]> => [
  await tableWithPast(of, naming),
  await requestLog(of, naming),
];

/** The suite's own tables; in practice with rights and tags, and with the area in which everything happened. */
const roomOf = async (stage: Stage): Promise<Room> => {
  const tables = await bothTables(stage, typical);
  if (stage.practice === null) return { tables, views: [], elsewhere: [], published: null };
  const [own = ''] = tables;
  await govern(stage.practice.server.lake, own, typical);
  const happened = await whatHappened(stage, stage.practice);
  return {
    tables: [...tables, ...happened.tables],
    views: [viewBeside(own)],
    elsewhere: [],
    published: null,
  };
};

/**
 * Once for all sources of a stage. On Spark the same rows lie in a practice lakehouse, and both must make the same facts; every second
 * name and id in them is hostile.
 */
const runsOf = (stage: Stage): Promise<Runs> => {
  const known = results.get(stage);
  if (known !== undefined) return known;
  const work = async (): Promise<Runs> => {
    if (stage.engine !== 'spark' || stage.practice === null) return runSources(stage, await roomOf(stage), typical);
    const { catalog, schema } = stage;
    const name = 'pipeline_log';
    const { small, happened } = await withLookAlikes(stage, stage.practice, hostile, async (of) => {
      await bothTables(of, hostile);
      await publishedLog(of, name);
    });
    try {
      const tables = ['with_past', 'request_log'].map((one) => `${catalog}.${schema}.${one}`);
      const room: Room = {
        tables,
        views: tables.slice(0, 1).map(viewBeside),
        elsewhere: happened.tables,
        published: { catalog, schema, name },
      };
      const before = await runSources(small, room, hostile);
      const found = await runSources(stage, room, hostile);
      const there = (runs: Runs, source: string): string => runs.bySource.get(source)?.found ?? '';
      // REST tells both engines of the same world, and that goes on: a run may end between two readings. What differs is held
      // against a reading from afterwards, too.
      const differs = [...found.bySource].some(([source, run]) => run.found !== there(before, source));
      const after = differs ? await runSources(small, room, hostile) : before;
      const judged = (source: string, run: Run): Run =>
        [before, after].some((runs) => run.found === there(runs, source))
          ? run
          : { ...run, watch: `other facts: ${firstDifference(run.found, there(after, source))}` };
      return {
        ...found,
        bySource: new Map([...found.bySource].map(([source, run]) => [source, judged(source, run)])),
      };
    } finally {
      await small.close();
    }
  };
  const started = work();
  results.set(stage, started);
  return started;
};

/** Whether a source found what it must; nothing is demanded of a workspace, which may have nothing of a kind. */
const foundAsListed = (source: string, { learned }: Run, { engine }: Stage): string => {
  const listed = silentSources.some((one) => one.source === source && one.engine === engine);
  if (engine === 'workspace' || learned !== listed) return 'as listed';
  return learned
    ? 'something: take it out of silent-sources.ts'
    : 'nothing: a fact, an edge or a name was expected (silent-sources.ts)';
};

/** One check per source: a new source is exercised as soon as main/lake/sources.ts lists it. */
const perSource: readonly Check[] = collectors.map(({ source, label }) => ({
  id: `source.${source}`,
  about: `${label}: background, room and estimate, and that it finds something`,
  observe: async (stage) => {
    const run = (await runsOf(stage)).bySource.get(source);
    if (run === undefined) return 'not run';
    const { watch, pack, estimate, learned } = run;
    const compared = { watch, pack, estimate, found: foundAsListed(source, run, stage) };
    return stage.engine === 'workspace' ? told(learned ? 'found something' : 'found nothing', compared) : compared;
  },
  expected: { watch: 'fine', pack: 'fine', estimate: 'fine', found: 'as listed' },
}));

/** The same lakehouse twice, once with harmless and once with hostile names; REST is left out, it knows the world's names only. */
const sameFacts = async (stage: Stage): Promise<unknown> => {
  const { practice } = stage;
  if (practice === null) throw new Error('only practice has it');
  const under = async (naming: Naming, names: readonly string[]): Promise<Runs> => {
    const made: string[] = [];
    const { small } = await smallWith(practice, naming, stage.schema, async (of) => {
      made.push(...(await bothTables(of, naming)));
      for (const name of names) made.push(await tableWithPast(of, naming, name));
    });
    const views = made.slice(0, 1).map(viewBeside);
    try {
      // Only an id that is a UUID goes into the text of event_log(): with a hostile one it is not asked.
      await small.refuse('event_log');
      return await runSources(small, { tables: made, views, elsewhere: [], published: null }, naming, false);
    } finally {
      await small.close();
    }
  };
  const plain = await under(
    typical,
    hostileTables.map((one) => one.plain),
  );
  const odd = await under(
    hostile,
    hostileTables.map((one) => one.hostile),
  );
  // The tables of the second run were made later.
  const moments = /"(createdAt|alteredAt)":"[^"]*"/g;
  const lines = (found: string): string =>
    found
      .split('\n')
      .map((line) => harmless(line).replaceAll(moments, '"$1":"then"'))
      .sort()
      .join('\n');
  return {
    refused: odd.refused,
    differing: [...odd.bySource].flatMap(([source, run]) => {
      const wanted = plain.bySource.get(source)?.found ?? '';
      return lines(run.found) === lines(wanted)
        ? []
        : [`${source}: ${firstDifference(lines(run.found), lines(wanted))}`];
    }),
    hostile: [...odd.bySource.values()].some(({ found }) => found !== harmless(found)),
  };
};

export const collectorChecks: readonly Check[] = [
  ...perSource,
  {
    id: 'hostile.form',
    about: 'no statement of a source was refused for its form, or for a value that it carries',
    observe: async (stage) => (await runsOf(stage)).refused,
    expected: [],
  },
  {
    id: 'hostile.same-facts',
    about:
      'hostile names of tables, columns and everything with an id make the same facts as harmless ones, apart from the names',
    lacking: onlyOn(
      'practice',
      'needs a lakehouse whose rows can be named at will; Spark is compared with it, under hostile names',
    ),
    observe: sameFacts,
    expected: { refused: [], differing: [], hostile: true },
  },
];
