import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import type { Failure } from '../../shared/base/failure.ts';
import { thrownText } from '../../shared/base/failure.ts';
import { plainText } from './plain-text.ts';

/** Exit codes that mean the same everywhere; a command documents its own from 3 on (README.md). */
export const exits = { ok: 0, failed: 1, usage: 2 } as const;

export type CommandContext = {
  /** Arguments after the command's name. */
  readonly args: readonly string[];
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Aborted by Ctrl-C and SIGTERM: a command that waits ends then. */
  readonly signal: AbortSignal;
};

/** One command. It writes through the context, never throws for what it expects, and answers with an exit code. */
export type Command = {
  readonly summary: string;
  /** Everything that `--help` prints below the first line. */
  readonly help: string;
  readonly run: (context: CommandContext) => Promise<number>;
};

/** Options that every command has. */
const shared = { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } } as const;

export type Parsed<O extends ParseArgsOptionsConfig> =
  | { readonly ok: true; readonly values: ParsedValues<O>; readonly positionals: readonly string[] }
  | { readonly ok: false; readonly problem: string };
type ParsedValues<O extends ParseArgsOptionsConfig> = {
  readonly [K in keyof O]: O[K] extends { type: 'boolean' }
    ? O[K] extends { multiple: true }
      ? boolean[]
      : boolean | undefined
    : O[K] extends { multiple: true }
      ? string[] | undefined
      : string | undefined;
} & { readonly json: boolean; readonly help: boolean };

/** Parse a command's arguments: an unknown option, a missing value or too many words is a problem in words. */
export const parseOptions = <O extends ParseArgsOptionsConfig>(
  options: O,
  args: readonly string[],
  words: { readonly atMost: number } = { atMost: 0 },
): Parsed<O> => {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...options, ...shared },
      allowPositionals: true,
      strict: true,
    });
    if (positionals.length > words.atMost) return { ok: false, problem: `Unexpected "${positionals[words.atMost]}".` };
    // parseArgs types an open options object loosely; the shape is the one that was asked for.
    return { ok: true, values: values as unknown as ParsedValues<O>, positionals };
  } catch (thrown) {
    return { ok: false, problem: thrownText(thrown) };
  }
};

/** Print a failure: three lines for people, or one line of JSON on standard output. */
export const printFailure = (context: CommandContext, json: boolean, problem: Failure): void => {
  if (json) return context.out(JSON.stringify({ ok: false, failure: problem }));
  // The words may be those of a server or of a file.
  for (const line of [problem.what, problem.safe, problem.advice]) context.err(plainText(line));
  if (problem.code !== undefined) context.err(`(${problem.tag}: ${problem.code})`);
};

export const printUsage = (context: CommandContext, name: string, problem: string): number => {
  context.err(problem);
  context.err(`Try: breakwater ${name} --help`);
  return exits.usage;
};
