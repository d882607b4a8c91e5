import * as v from 'valibot';
import type { Capability } from '../domain/policy.ts';
import { logId } from './common.ts';

/** What every call of the contract says of itself. */
export type CallSpec = {
  readonly kind: 'query' | 'command';
  readonly capability: Capability;
  readonly input: v.GenericSchema;
  readonly output: v.GenericSchema;
};
export const query = <I extends v.GenericSchema, O extends v.GenericSchema>(capability: Capability, input: I, output: O) => ({
  kind: 'query' as const, capability, input, output,
}); // prettier-ignore
export const command = <I extends v.GenericSchema, O extends v.GenericSchema>(capability: Capability, input: I, output: O) => ({
  kind: 'command' as const, capability, input, output,
}); // prettier-ignore

export const nothing = v.object({});
export const ofRoom = v.object({ log: logId });
