import type { Engine } from './stage.ts';

/** A source that finds nothing in the room of the suite, and why nothing can be there. Looked up in the data, not guessed. */
export type SilentSource = {
  readonly source: string;
  readonly engine: Exclude<Engine, 'workspace'>;
  readonly reason: string;
};

/** Every other source must find something; one that stands here and finds something fails as well. */
export const silentSources: readonly SilentSource[] = [];
