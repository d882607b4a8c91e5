import type { CallOutput } from '../../shared/contract/calls.ts';
import type { CheckOptions } from '../databricks/connection-check.ts';
import type { ConnectionStep } from '../databricks/port.ts';
import { plain } from './connection-slot.ts';

type Shown = CallOutput<'connection.testing'>;
type Check<Given> = (given: Given, options: CheckOptions) => Promise<readonly ConnectionStep[]>;

/** One test of a connection at a time: it can be followed step by step, and stopped. A new one ends the one before. */
export type ConnectionTest<Given> = {
  readonly run: (given: Given, startWarehouse: boolean) => Promise<Shown['steps']>;
  /** The steps of the running test, or of the last one. */
  readonly now: () => Shown;
  /** False when none was running. */
  readonly stop: () => boolean;
};

/** Field by field, as the contract has it: nothing else of a step leaves the core. */
export const shownStep = (one: ConnectionStep): Shown['steps'][number] => ({
  step: one.step,
  state: one.state,
  detail: one.detail,
  group: one.group ?? 'way',
  failure: one.failure === undefined ? null : plain(one.failure),
  grants: [...(one.grants ?? [])],
  commands: [...(one.commands ?? [])],
  ask: one.ask ?? null,
  features: [...(one.features ?? [])],
  otherwise: one.otherwise ?? null,
  pace: one.pace ?? null,
  asks: one.asks ?? null,
});

export const createConnectionTest = <Given>(check: Check<Given>, changed: () => void): ConnectionTest<Given> => {
  let last: Shown = { running: false, total: 0, steps: [] };
  let running: AbortController | null = null;
  return {
    now: () => last,
    stop: () => {
      const was = running;
      was?.abort();
      return was !== null;
    },
    run: async (given, startWarehouse) => {
      running?.abort();
      const mine = new AbortController();
      running = mine;
      last = { running: true, total: 0, steps: [] };
      changed();
      const tell = (steps: readonly ConnectionStep[], total: number, isRunning: boolean): void => {
        if (running !== mine) return;
        last = { running: isRunning, total, steps: steps.map(shownStep) };
        changed();
      };
      try {
        const steps = await check(given, {
          startWarehouse,
          signal: mine.signal,
          onStep: (ended, total) => tell(ended, total, true),
        });
        tell(steps, steps.length, false);
        return steps.map(shownStep);
      } finally {
        if (running === mine) {
          running = null;
          last = { ...last, running: false };
        }
      }
    },
  };
};
