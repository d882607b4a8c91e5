import type { Failure } from '../base/failure.ts';
import type { JsonValue } from '../base/json.ts';

/**
 * The same frames travel over a MessagePort, a child-process channel and a WebSocket (there as JSON text).
 * A client speaks first: `hello` with its contract version; nothing else is answered before `welcome`.
 */
export type ClientFrame =
  | { readonly t: 'hello'; readonly contract: number }
  | { readonly t: 'call'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly t: 'sub'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly t: 'unsub'; readonly id: number };

export type ServerFrame =
  | { readonly t: 'welcome'; readonly contract: number; readonly app: string }
  | { readonly t: 'refused'; readonly error: CallFailure }
  | { readonly t: 'ok'; readonly id: number; readonly value: unknown }
  | { readonly t: 'err'; readonly id: number; readonly error: CallFailure }
  | { readonly t: 'snap'; readonly id: number; readonly value: unknown }
  | { readonly t: 'patch'; readonly id: number; readonly patch: Patch };

/** Answers of the serving side itself; handlers answer with their own tags. Each cause has its own. */
export type ServeTag =
  | 'UnknownCall' | 'WrongShape' | 'TooLarge' | 'NotAllowed' | 'ContractMismatch' | 'NotAQuery' | 'CoreStopped' | 'Broken'; // prettier-ignore
export type CallFailure = Failure & { readonly path?: string };

/**
 * A diff between two answers of one query: changed top-level keys in `set`, vanished ones in `gone`; a key whose value
 * is an array of rows with a string `id`, `log` or `hash` travels as row diffs.
 */
export type Patch = {
  readonly set?: { readonly [key: string]: JsonValue };
  readonly gone?: readonly string[];
  readonly rows?: { readonly [key: string]: RowPatch };
};
export type RowPatch = {
  readonly put?: readonly JsonValue[];
  readonly gone?: readonly string[];
  /** Keys in order, present when the order or the set of rows changed. */
  readonly order?: readonly string[];
};

/** One end of a channel, whatever carries it. */
export type Channel<Out, In> = {
  readonly send: (frame: Out) => void;
  readonly onFrame: (listener: (frame: In) => void) => void;
  readonly onClose: (listener: () => void) => void;
  readonly close: () => void;
};
