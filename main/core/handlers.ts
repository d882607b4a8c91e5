import type { Failure } from '../../shared/base/failure.ts';
import type { Result } from '../../shared/base/result.ts';
import type { CallName, CallOutput, ParsedInput } from '../../shared/contract/calls.ts';

/** What a call does once serve.ts has let it through: input is parsed, the caller is allowed. Answers after its commit. */
export type Handler<N extends CallName> = (
  input: ParsedInput<N>,
) => Result<CallOutput<N>, Failure> | Promise<Result<CallOutput<N>, Failure>>;

/** Every call of the contract has exactly one handler: a missing one does not compile. */
export type Handlers = { readonly [N in CallName]: Handler<N> };

/** The part of the handlers that one file of calls/ provides. */
export type HandlersOf<N extends CallName> = Pick<Handlers, N>;
