import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stateKinds } from '../../shared/domain/vocabulary.ts';
import { type LakeCore, openLakeCore, type Stored, type StoredFact } from '../support/lake-core.ts';
import { startPractice, type Practice } from '../support/practice.ts';

/**
 * A warehouse that answers nonsense, to a real core over the unmodified driver. What is stored must be what a clean device
 * stores, or less of it, and once the warehouse is well again exactly that: a cursor that ran ahead would leave a hole.
 * Every source at once; test/contract/databricks-lake.test.ts looks at single ones.
 */
const start = Date.now();
let later = 0;
const now = (): number => start + later;
let practice: Practice;
let clean: Stored;
let at: LakeCore | undefined;
const homes: string[] = [];
const open = async (): Promise<LakeCore> => {
  const home = mkdtempSync(join(tmpdir(), 'bw-bad-'));
  homes.push(home);
  later = 0;
  at = await openLakeCore(home, practice, now);
  return at;
};
const shut = async (): Promise<void> => {
  await practice.control({ release: true });
  await at?.close();
  at = undefined;
};
/** The warehouse is well again. Columns of tables are asked for again after five minutes. */
const healed = async (core: LakeCore): Promise<Stored> => {
  await practice.control({ release: true });
  later += 6 * 60_000;
  // What is proposed decides which histories are read, so the second turn sees more than the first.
  await core.refreshed();
  await core.refreshed();
  return core.stored();
};

beforeAll(async () => {
  practice = await startPractice({ seed: 5, fault: 'two', now: () => start });
  const undisturbed = await open();
  await undisturbed.refreshed();
  clean = undisturbed.stored();
  expect(clean.facts.size).toBeGreaterThan(1_000);
  expect(new Set([...clean.facts.values()].map(({ kind }) => kind)).size).toBeGreaterThan(5);
  await shut();
}, 120_000);
afterEach(shut);
afterAll(async () => {
  await practice.close();
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

/** How a source spelled it and which earlier answer a row replaced: told by REST here and by a system table there. */
const bySource = new Set(['raw', 'replaced']);
/** The answer was cut between two slices of a run: what came of it says that it went on until then. */
const halfTold = (fact: StoredFact, right: StoredFact): boolean =>
  fact.data['result'] === 'running' && String(fact.data['endedAt']) < String(right.data['endedAt']);
/**
 * Values that contradict a clean device's. Unknown (null or not there, on either side) is no contradiction: REST knows less of
 * some things and more of others. Titles hold names, which are apart.
 */
const contradictions = (stored: Stored): readonly string[] => {
  const found: string[] = [...stored.edges].filter((edge) => !clean.edges.has(edge));
  for (const [id, fact] of stored.facts) {
    const right: StoredFact | undefined = clean.facts.get(id);
    if (right === undefined) found.push(id);
    else if (!halfTold(fact, right)) {
      for (const key of ['kind', 'happened', 'assets'] as const)
        if (fact[key] !== right[key]) found.push(`${id} ${key}: ${fact[key]}`);
      for (const [key, value] of Object.entries(fact.data))
        if (
          value !== null &&
          right.data[key] !== undefined &&
          right.data[key] !== null &&
          !bySource.has(key) &&
          JSON.stringify(value) !== JSON.stringify(right.data[key])
        )
          found.push(`${id} ${key}: ${JSON.stringify(value)}, not ${JSON.stringify(right.data[key])}`);
    }
  }
  return found;
};
/** How far a source says that it is complete must not lie behind what a clean device says, and what has failed must say so. */
const claims = async (core: LakeCore): Promise<void> => {
  for (const { source, completeTo, state, note } of (await core.status()).freshness) {
    // Where system tables cannot be read, REST is asked about every job, and may know as much as the clean device's table.
    const table = source === 'rest.jobs.runs/list' ? 'system.lakeflow.job_run_timeline' : source;
    const right = clean.cursors.get(table)?.completeTo ?? null;
    expect(completeTo === null || (right !== null && completeTo <= right), `${source}: ${completeTo}`).toBe(true);
    if (state === 'failed' || state === 'missing') expect(note, source).not.toBeNull();
  }
};
const same = (stored: Stored): void => {
  const text = ([id, { data, happened, ...fact }]: readonly [string, StoredFact]): string => {
    const shown = Object.entries(data).filter(([key]) => key !== 'replaced');
    // How something is has no time of its own: `happened` says since when this device knows, and it learned of it later.
    const when = stateKinds.some((kind) => kind === fact.kind) ? null : happened;
    return `${id} ${JSON.stringify({ ...fact, when, data: Object.fromEntries(shown) })}`;
  };
  const right = new Set([...clean.facts].map(text));
  const held = new Set([...stored.facts].map(text));
  expect([...held].filter((fact) => !right.has(fact)).slice(0, 3)).toEqual([]);
  expect([...right].filter((fact) => !held.has(fact)).slice(0, 3)).toEqual([]);
  expect([...clean.edges].filter((edge) => !stored.edges.has(edge))).toEqual([]);
};

const patterns = {
  'every ordered read': 'ORDER BY',
  'every history of a table': '^\\s*describe',
  'every list of columns': 'information_schema',
  'every statement': '.',
} as const;
const kinds = ['truncated', 'duplicated', 'reordered', 'mistyped'] as const;

describe('answers that are not what was asked', () => {
  for (const [name, pattern] of Object.entries(patterns)) {
    it.each(kinds)(
      `${name}, %s: nothing wrong is stored, and nothing is missing afterwards`,
      async (kind) => {
        await practice.control({ result: { kind, pattern, count: null } });
        const core = await open();
        const disturbed = core.stored();
        expect(contradictions(disturbed)).toEqual([]);
        await claims(core);
        // Order and repeats do no harm at all; what was cut off or unreadable is said, not taken for all there is.
        if (kind === 'duplicated' || kind === 'reordered') same(disturbed);
        else {
          expect(disturbed.facts.size).toBeLessThan(clean.facts.size);
          const told = (await core.status()).freshness.filter(({ state, note }) => state !== 'fresh' || note !== null);
          expect(told.length).toBeGreaterThan(0);
          expect(told.map(({ note }) => note).join(' ')).toMatch(/could not be read|cannot be read|missing in the answer|Not readable/); // prettier-ignore
        }
        same(await healed(core));
      },
      60_000,
    );
  }

  it('an answer that is cut off on a device that knew everything takes nothing away from it', async () => {
    const core = await open();
    await core.refreshed();
    await practice.control({ result: { kind: 'truncated', pattern: '(ORDER BY|^\\s*describe)', count: null } });
    await core.refreshed();
    same(core.stored());
    same(await healed(core));
  }, 60_000);
});

describe('tables that do not show everything', () => {
  const runs = 'system.lakeflow.job_run_timeline';
  const columns = [
    { table: runs, column: 'termination_code' },
    { table: runs, column: 'run_name' },
    { table: runs, column: 'trigger_type' },
    { table: 'system.lakeflow.jobs', column: 'delete_time' },
  ];
  const missingAt = async (core: LakeCore): Promise<readonly string[]> =>
    (await core.status()).freshness.flatMap(({ source, missing }) => missing.map((one) => `${source}.${one}`));

  it('hidden columns are named, cost only themselves, and are filled in when they come back', async () => {
    await practice.control({ tables: columns.map((one) => ({ ...one, kind: 'hide' })) });
    const core = await open();
    expect(contradictions(core.stored())).toEqual([]);
    expect((await missingAt(core)).toSorted()).toEqual(columns.map(({ table, column }) => `${table}.${column}`).toSorted()); // prettier-ignore
    expect([...core.stored().facts.keys()].toSorted()).toEqual([...clean.facts.keys()].toSorted());
    // REST tells the same of the runs that it is asked about: what is hidden in the table is no hole there.
    const runsOf = ({ facts }: Stored): readonly unknown[] =>
      [...facts.values()].flatMap(({ kind, data }) =>
        kind === 'run' && data['task'] === null ? [data['trigger']] : [],
      );
    expect(runsOf(clean)).not.toContain(null);
    same(await healed(core));
    expect(await missingAt(core)).toEqual([]);
  }, 60_000);

  it('masked values are named and never stored as values', async () => {
    await practice.control({ tables: columns.slice(0, 3).map((one) => ({ ...one, kind: 'mask' })) });
    const core = await open();
    const stored = core.stored();
    expect(contradictions(stored)).toEqual([]);
    expect(JSON.stringify([...stored.facts.values()])).not.toContain('REDACTED');
    const missing = await missingAt(core);
    for (const { table, column } of columns.slice(0, 3)) expect(missing).toContain(`${table}.${column} (masked)`);
  }, 60_000);
});
