import { setFlagsFromString } from 'node:v8';

/**
 * Collect what is no longer needed once the heap has doubled since the last time, where V8 by itself waits until it has grown to
 * about four times as much: a core that packs half a million rows then grows by tens of MB, not by hundreds. Costs about a
 * twentieth of the time of such a packing and nothing of a core at rest. Call it first in every entry of the core; V8 asks for
 * this setting anew at each collection, so it may be made while it runs (it is how Electron's utility process takes it at all:
 * flags in its `execArgv` have no effect). How large the young generation grows cannot be set there; see `coreFlags` of the shell.
 */
export const keepHeapSmall = (): void => setFlagsFromString('--heap-growing-percent=100');
