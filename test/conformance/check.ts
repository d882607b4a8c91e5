import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../../shared/base/json.ts';
import { anyAnswer, type Answered, isAnswered } from './answered.ts';
import { engines, type Engine, type Stage } from './stage.ts';

/** One thing that Breakwater relies on: what is done, and what Databricks (or its documents) answers. */
export type Check = {
  readonly id: string;
  readonly about: string;
  /** Engines that have no such thing, each with the reason: not run there, and said to be not observed. */
  readonly lacking?: Partial<Readonly<Record<Engine, string>>>;
  /** What was found, to be compared; or what answered.ts makes, to say more or to say that nothing could be seen. */
  readonly observe: (stage: Stage) => Promise<unknown>;
  readonly expected: JsonValue;
};

/** A check that only one engine can answer. */
export const onlyOn = (engine: Engine, reason: string): NonNullable<Check['lacking']> =>
  Object.fromEntries(engines.filter((one) => one !== engine).map((one) => [one, reason]));

/** An engine that answers otherwise, and why that is accepted. */
export type Difference = {
  readonly check: string;
  readonly engine: Engine;
  readonly instead: JsonValue;
  readonly reason: string;
};

export type Outcome = {
  readonly id: string;
  /** `told`: measured or answered, and compared with nothing; whoever counts what passed leaves it out. */
  readonly state: 'passed' | 'told' | 'failed' | 'not observed';
  readonly text: string;
  /** What the engine answered or what was measured, for the report. */
  readonly answer?: JsonValue;
  /** Whether the answer says more than what was compared. */
  readonly told?: boolean;
  readonly ms: number;
};

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
};

const plain = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value) ?? 'null') as JsonValue;

/** Run one check. A listed difference must occur exactly as listed: one that is gone fails, too. */
export const runCheck = async (
  check: Check,
  stage: Stage,
  differences: readonly Difference[],
  now: () => number,
): Promise<Outcome> => {
  const started = now();
  const listed = differences.find((one) => one.check === check.id && one.engine === stage.engine);
  let said: Answered | null = null;
  const ended = (state: Outcome['state'], text: string, answer?: JsonValue): Outcome => ({
    id: check.id,
    state,
    text,
    ...(answer === undefined ? {} : { answer, told: said !== null }),
    ms: now() - started,
  });
  const lacking = check.lacking?.[stage.engine];
  if (lacking !== undefined) return ended('not observed', lacking);
  let found: JsonValue;
  try {
    const observed = await check.observe(stage);
    if (isAnswered(observed)) said = observed;
    if (said?.kind === 'not observed') return ended('not observed', said.reason);
    found = plain(said === null ? observed : said.found);
  } catch (thrown) {
    return ended('failed', thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  }
  const answer = said === null ? found : plain(said.answer);
  const wanted = listed === undefined ? check.expected : listed.instead;
  if (wanted === anyAnswer && found === anyAnswer) return ended('told', '', answer);
  if (isDeepStrictEqual(found, wanted))
    return ended('passed', listed === undefined ? '' : `differs: ${listed.reason}`, answer);
  if (listed !== undefined && isDeepStrictEqual(found, check.expected))
    return ended('failed', 'the listed difference does not occur any more: take its row out of differences.ts', answer);
  return ended('failed', `\n    found    ${shown(found)}\n    expected ${shown(wanted)}`, answer);
};
