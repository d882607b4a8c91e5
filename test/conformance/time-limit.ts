import type { Engine } from './stage.ts';

/** The whole suite on Spark, started and judged on two cores: eight minutes. What is fetched once, over whatever line, is not part of it. */
export const sparkLimitMs = 480_000;

export type Took = {
  readonly engine: Engine;
  /** From the start of the command until every check has answered. */
  readonly wholeMs: number;
  /** Of that: fetching Spark and installing what it needs; next to nothing when it is there. */
  readonly gettingMs: number;
};

/** Whether a whole run kept its limit, in words; null where the engine has none. */
export const heldAgainstLimit = ({
  engine,
  wholeMs,
  gettingMs,
}: Took): { readonly kept: boolean; readonly words: string } | null => {
  if (engine !== 'spark') return null;
  const kept = wholeMs - gettingMs <= sparkLimitMs;
  const seconds = (ms: number): number => Math.round(ms / 1_000);
  const besides = gettingMs < 1_000 ? '' : `, and ${seconds(gettingMs)} s for fetching Spark, which do not count`;
  const words = `${seconds(wholeMs - gettingMs)} s with the start of Spark${besides}: the limit of ${seconds(sparkLimitMs)} s is ${kept ? 'kept' : 'missed'}`;
  return { kept, words };
};
