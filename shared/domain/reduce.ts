import type { JsonObject, JsonValue } from '../base/json.ts';
import { isInstant, type Instant } from '../base/time.ts';
import type { EventLine } from './event.ts';
import type { EventTypeSpec } from './event-types.ts';
import { isOrgLog } from './ids.ts';

/** Raised when this file or what it feeds (fields.ts too) changes its result for the same events: projections are then made again. */
export const reducerVersion = 2;

export type RegisterEffect = { readonly register: string; readonly entity: string };
/** What one effective event does, as pointers: no value leaves the event. */
export type Effects = {
  readonly registers: readonly RegisterEffect[];
  readonly entry: boolean;
  /** For cited facts: the key of the one entry that all witnesses share. */
  readonly fact: string | null;
};

const nothing: Effects = { registers: [], entry: true, fact: null };

const clearText = (c: JsonObject, name: string): string | null => {
  const value = Object.hasOwn(c, name) ? c[name] : undefined;
  return typeof value === 'string' ? value : null;
};

/** When it happened: the author's `happened_at` where the type has one, else the time of recording. */
export const happenedAt = (event: Pick<EventLine, 'c' | 'at'>): Instant => {
  const said = clearText(event.c, 'happened_at');
  return said !== null && isInstant(said) ? said : event.at;
};

const entityOf = (event: EventLine, hash: string, entity: string): string | null => {
  if (entity === 'log') return event.log;
  return entity === 'self' ? hash : clearText(event.c, entity);
};

/**
 * What an effective event does. Pure and independent of order, of other events and of disclosures. A register whose value
 * is an optional clear field that is absent is not set.
 */
export const effectsOf = (event: EventLine, hash: string, spec: EventTypeSpec): Effects => {
  if (spec.registers.length === 0 && spec.entry === 'add') return nothing;
  const registers: RegisterEffect[] = [];
  for (const { name, entity, value } of spec.registers) {
    const id = entityOf(event, hash, entity);
    if (id === null) continue;
    const field = typeof value === 'string' ? spec.fields[value] : undefined;
    if (typeof value === 'string' && field?.clear === true && clearText(event.c, value) === null) continue;
    registers.push({ register: name, entity: id });
  }
  return {
    registers,
    entry: spec.entry !== 'control',
    fact: spec.entry === 'witness' ? clearText(event.c, 'fact_id') : null,
  };
};

/** The value that an event gives to a register; undefined when its disclosure is not here or it does not set it. */
export const registerValue = (
  spec: EventTypeSpec,
  register: string,
  fields: Readonly<Record<string, JsonValue>>,
): JsonValue | undefined => {
  const found = spec.registers.find(({ name }) => name === register);
  if (!found) return undefined;
  if (typeof found.value !== 'string') return found.value.is;
  return Object.hasOwn(fields, found.value) ? fields[found.value] : undefined;
};

/** A type belongs to rooms, to organisations, or to both. */
export const inScope = (spec: EventTypeSpec, log: EventLine['log']): boolean =>
  spec.scope === 'any' || (spec.scope === 'org') === isOrgLog(log);

/** Order of two heads: the shown one has the greater (hlc, dev, seq). Text order, no locale. */
export const laterHead = (
  a: { readonly hlc: string; readonly dev: string; readonly seq: number },
  b: { readonly hlc: string; readonly dev: string; readonly seq: number },
): number => {
  if (a.hlc !== b.hlc) return a.hlc > b.hlc ? -1 : 1;
  if (a.dev !== b.dev) return a.dev > b.dev ? -1 : 1;
  return b.seq - a.seq;
};
