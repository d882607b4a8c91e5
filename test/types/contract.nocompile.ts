// Programs that must not compile. `tsc -b` fails when one of these lines becomes legal, because its expectation is unused.
import type { CallInput, CallOutput, CommandName, QueryName } from '../../shared/contract/calls.ts';
import type { ReadableDb, WritableDb } from '../../main/store/port.ts';
import { allows } from '../../shared/domain/policy.ts';
import type { LogId } from '../../shared/domain/ids.ts';

// @ts-expect-error a severity is one of five words
export const wrongSeverity: CallInput<'severity.set'> = { log: 'inc:0', severity: 'SEV9' };
// @ts-expect-error a call that is not in the map does not exist
export type NoSuchCall = CallInput<'room.destroy'>;
// @ts-expect-error a command cannot be subscribed to
export const subscribed: QueryName = 'note.add';
// @ts-expect-error a query is no command
export const commanded: CommandName = 'room.get';
// @ts-expect-error outputs are typed too
export const output: CallOutput<'room.get'>['title']['value'] = 42;
// @ts-expect-error a capability that is not in the policy table cannot be asked for
export const asked = allows(['viewer'], 'room.burn');
// @ts-expect-error a log id comes from its maker, not from any text
export const log: LogId = 'inc:00000000000000000000000000000000';
// @ts-expect-error a readable handle cannot stand in for a writable one
export const upgrade = (read: ReadableDb): WritableDb => read;
