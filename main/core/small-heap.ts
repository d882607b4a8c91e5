import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Below it V8 itself is as careful with memory, and more so where it is short of it. */
const roomyBytes = 1024 ** 3;

/**
 * Collect what is no longer needed once the heap has doubled since the last time, where V8 waits, with much memory about, until it
 * has grown to up to four times as much: a core that packs half a million rows then grows by tens of MB, not by hundreds. Costs
 * about a twentieth of the time of such a packing. Called before anything else by the core's processes and by the browser's
 * host; V8 asks for this setting anew at each collection, so it may be made at run time, and Electron's utility process takes it
 * in no other way: flags in its `execArgv` have no effect. How large the young generation grows cannot be set so: `coreFlags`.
 */
export const keepHeapSmall = (): void => {
  if (getHeapStatistics().heap_size_limit >= roomyBytes) setFlagsFromString('--heap-growing-percent=100');
};
