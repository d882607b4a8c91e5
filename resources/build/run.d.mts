/** Types of run.mjs, which stays plain JavaScript. */
export const nodeProblem: (
  version: string,
  platform: string,
  arch: string,
  installed: (name: string) => boolean,
) => string | null;
export const run: (args: readonly string[]) => Promise<void>;
