import * as v from 'valibot';
import { assert } from '../../shared/base/assert.ts';
import { type Failure, failure, thrownText } from '../../shared/base/failure.ts';
import { err, type Result } from '../../shared/base/result.ts';
import type { Clock } from '../../shared/base/time.ts';
import type { CallSpec } from '../../shared/contract/call-spec.ts';
import { type CallName, calls, messageLimit } from '../../shared/contract/calls.ts';
import { pageLimit, sourcesLimit } from '../../shared/contract/common.ts';
import type { CallFailure, ServeTag } from '../../shared/contract/wire.ts';
import { allows, type Capability, type Role } from '../../shared/domain/policy.ts';
import type { Handlers } from './handlers.ts';
import type { Logger } from './logger.ts';

/**
 * The one place between contract and handler: unknown call, too large, not allowed, wrong shape, time, exceptions. Every
 * way into the core (channels, tests, tools) ends here; a handler never checks a role or a shape by itself.
 */
export type ServeDeps = {
  readonly handlers: Handlers;
  /** Roles of the profile's person now. Asked for every call, never remembered. */
  readonly roles: () => readonly Role[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Calls slower than this are written to the log with their name and time, never with their input. */
  readonly slowMs: number;
  /** Compare every answer with the contract's schema: tests and development; costs about 1 ms for 500 rows. */
  readonly checkAnswers: boolean;
};

/** Answer one call. Never throws, never rejects. */
export type Serve = (name: string, input: unknown) => Promise<Result<unknown, CallFailure>>;

export const createServe = (deps: ServeDeps): Serve => {
  const { handlers, roles, clock, logger } = deps;

  const run = async (name: CallName, spec: CallSpec, input: unknown): Promise<Result<unknown, CallFailure>> => {
    const startedAt = clock.now();
    try {
      // The table of handlers is keyed like the table of calls, so that input and handler belong together.
      const handler = handlers[name] as (parsed: unknown) => Promise<Result<unknown, Failure>>;
      const answer = await handler(input);
      if (answer.ok) checkAnswer(name, spec, answer.value, deps.checkAnswers);
      return answer;
    } catch (thrown) {
      logger.error('a call broke', { call: name, error: thrownText(thrown), stack: stackOf(thrown) });
      return err(broken(name, thrown));
    } finally {
      const took = clock.now() - startedAt;
      if (took > deps.slowMs) logger.warn('slow call', { call: name, ms: took });
    }
  };

  return async (name, input) => {
    const spec = specNamed(name);
    if (spec === null) return err(unknownCall(name));
    const size = sizeOf(input);
    if (size === null) return err(wrongShape(name, 'the input is not plain JSON', ''));
    if (size > messageLimit) return err(tooLarge(name, size));
    if (!allows(roles(), spec.capability)) return err(notAllowed(name, spec.capability, roles()));
    const parsed = v.safeParse(spec.input, input);
    if (!parsed.success) {
      const [issue] = parsed.issues;
      return err(wrongShape(name, issue.message, v.getDotPath(issue) ?? ''));
    }
    return run(name as CallName, spec, parsed.output);
  };
};

/** The spec of a call, or null. Own keys only: `__proto__` or `toString` are no calls. */
export const specNamed = (name: string): CallSpec | null =>
  Object.hasOwn(calls, name) ? calls[name as CallName] : null;

/** Bytes of JSON, whatever carried the input; null for what JSON cannot say (cycles, bigints). */
const sizeOf = (input: unknown): number | null => {
  try {
    return Buffer.byteLength(JSON.stringify(input) ?? '');
  } catch {
    return null;
  }
};

/** Lists that are shown as a whole, with a row for each source of each workspace. */
const ofSources: ReadonlySet<string> = new Set(['offline.get.sources', 'app.status.freshness', 'inbox.list.freshness']);

const checkAnswer = (name: string, spec: CallSpec, value: unknown, whole: boolean): void => {
  if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      const most = ofSources.has(`${name}.${key}`) ? sourcesLimit : pageLimit;
      assert(!Array.isArray(part) || part.length <= most, `${name}.${key} pages at ${most} rows`);
    }
  }
  if (!whole) return;
  const checked = v.safeParse(spec.output, value);
  if (checked.success) return;
  const [issue] = checked.issues;
  assert(false, `${name} answers as the contract says: ${v.getDotPath(issue) ?? ''} ${issue.message}`);
};

const stackOf = (thrown: unknown): string => (thrown instanceof Error ? (thrown.stack ?? '') : '');

const served = (tag: ServeTag, what: string, safe: string, advice: string, code?: string): Failure<ServeTag> =>
  failure(tag, what, safe, advice, code);

const nothingChanged = 'Nothing was changed.';

const unknownCall = (name: string): CallFailure =>
  served(
    'UnknownCall',
    'This version of Breakwater does not know that request.',
    nothingChanged,
    'Reload the window. If it comes back, window and core are of different versions: restart Breakwater.',
    name.slice(0, 100),
  );

const tooLarge = (name: string, size: number): CallFailure =>
  served(
    'TooLarge',
    `The request is ${Math.ceil(size / 1024)} KiB large; at most ${messageLimit / 1024} KiB are taken at once.`,
    nothingChanged,
    'Shorten the text, or attach it as a file: files travel in parts.',
    name,
  );

const notAllowed = (name: string, capability: Capability, held: readonly Role[]): CallFailure =>
  served(
    'NotAllowed',
    `Your roles (${held.join(', ') || 'none'}) do not include the right to do this.`,
    nothingChanged,
    'Ask an administrator of this organisation to grant you the role that you need.',
    `${name} needs ${capability}`,
  );

const wrongShape = (name: string, message: string, path: string): CallFailure => ({
  ...served(
    'WrongShape',
    path === ''
      ? `The request was not understood: ${message}.`
      : `The request was not understood at "${path}": ${message}.`,
    nothingChanged,
    'Correct the value and try again.',
    name,
  ),
  path,
});

const broken = (name: string, thrown: unknown): CallFailure =>
  served(
    'Broken',
    'Breakwater made a mistake while it worked on this.',
    'What was saved before is unchanged; a write is either wholly there or not at all.',
    'Try again. If it comes back, copy the code below into a report.',
    `${name}: ${thrownText(thrown).slice(0, 300)}`,
  );

/** A client speaks another version of the contract, or does not greet. */
export const contractMismatch = (theirs: unknown, ours: number): CallFailure =>
  served(
    'ContractMismatch',
    `Window and core are of different versions (contract ${String(theirs).slice(0, 20)} and ${ours}).`,
    'Everything that was saved is safe on this disk.',
    'Restart Breakwater so that both are of the same version.',
  );

/** A command cannot be subscribed to. */
export const notAQuery = (name: string): CallFailure =>
  served(
    'NotAQuery',
    'Only questions can be followed; this is an act.',
    nothingChanged,
    'Call it instead.',
    name.slice(0, 100),
  );
