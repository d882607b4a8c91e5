import type { Engine } from './stage.ts';

/** The whole suite on Spark, started and judged on two cores: eight minutes. What is fetched once, over whatever line, is not part of it. */
const sparkLimitMs = 480_000;
/** A machine that does other things as well misses it by some; by so much it is the suite that has grown. */
const clearlyOverMs = 600_000;

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
}: Took): { readonly kept: boolean; readonly failed: boolean; readonly words: string } | null => {
  if (engine !== 'spark') return null;
  const tookMs = wholeMs - gettingMs;
  const kept = tookMs <= sparkLimitMs;
  const seconds = (ms: number): number => Math.round(ms / 1_000);
  const besides = gettingMs < 1_000 ? '' : `, and ${seconds(gettingMs)} s for fetching Spark, which do not count`;
  const words = `${seconds(tookMs)} s with the start of Spark${besides}: the limit of ${seconds(sparkLimitMs)} s is ${kept ? 'kept' : 'missed'}`;
  return { kept, failed: tookMs > clearlyOverMs, words };
};
