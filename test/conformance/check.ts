import { isDeepStrictEqual } from 'node:util';
import type { JsonValue } from '../../shared/base/json.ts';
import type { Engine, Stage } from './stage.ts';

/** One thing that Breakwater relies on: what is done, and what Databricks (or its documents) answers. */
export type Check = {
  readonly id: string;
  readonly about: string;
  /** Only there; absent = on every engine. */
  readonly only?: readonly Engine[];
  readonly observe: (stage: Stage) => Promise<unknown>;
  readonly expected: JsonValue;
};

/** An engine that answers otherwise, and why that is accepted. */
export type Difference = {
  readonly check: string;
  readonly engine: Engine;
  readonly instead: JsonValue;
  readonly reason: string;
};

export type Outcome = { readonly id: string; readonly passed: boolean; readonly text: string; readonly ms: number };

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
};

/** Run one check. A listed difference must occur exactly as listed: one that is gone fails, too. */
export const runCheck = async (
  check: Check,
  stage: Stage,
  differences: readonly Difference[],
  now: () => number,
): Promise<Outcome> => {
  const started = now();
  const listed = differences.find((one) => one.check === check.id && one.engine === stage.engine);
  const ended = (passed: boolean, text: string): Outcome => ({ id: check.id, passed, text, ms: now() - started });
  let found: unknown;
  try {
    found = JSON.parse(JSON.stringify(await check.observe(stage)) ?? 'null');
  } catch (thrown) {
    return ended(false, thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  }
  const wanted = listed === undefined ? check.expected : listed.instead;
  if (isDeepStrictEqual(found, wanted)) return ended(true, listed === undefined ? '' : `differs: ${listed.reason}`);
  if (listed !== undefined && isDeepStrictEqual(found, check.expected))
    return ended(false, 'the listed difference does not occur any more: take its row out of differences.ts');
  return ended(false, `\n    found    ${shown(found)}\n    expected ${shown(wanted)}`);
};
