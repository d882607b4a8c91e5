import { failure, type Failure } from '../../shared/base/failure.ts';
import type { JsonObject, JsonValue } from '../../shared/base/json.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { fitsField } from '../../shared/domain/fields.ts';
import { inScope } from '../../shared/domain/reduce.ts';
import type { EventTypeSpec } from '../../shared/domain/event-types.ts';
import type { LogId } from '../../shared/domain/ids.ts';
import type { RandomBytes } from '../../shared/base/time.ts';
import { disclose, normalise, type Disclosure } from './disclosures.ts';
import { disclosureLimit, lineLimit } from './line.ts';

/** Fields of a draft, sorted into what the line says in clear and what is told beside it. */
export type SplitFields = { readonly c: JsonObject; readonly told: readonly Disclosure[] };

const badFields = (type: string, field: string, why: string): Failure =>
  failure(
    'BadFields',
    `The event ${type} was not written: ${field} ${why}.`,
    'Nothing was saved and nothing was lost.',
    'Report this with the action that led to it.',
    `${type}.${field}`,
  );

/** Names the field that is too large, so that a person knows what to shorten. */
export const tooLarge = (type: string, field: string, bytes: number, limit: number): Failure =>
  failure(
    'TooLarge',
    `“${field}” is too large to be saved here: ${Math.ceil(bytes / 1024)} KiB of at most ${limit / 1024} KiB.`,
    'Nothing was saved; the text is still in the form.',
    'Shorten it, or attach it as a file.',
    `${type}.${field}`,
  );

/** Check a draft against the registry and split it. `undefined` never occurs; absent optional fields are left out. */
export const splitFields = (
  type: string,
  spec: EventTypeSpec,
  log: LogId,
  fields: Readonly<Record<string, JsonValue>>,
  random: RandomBytes,
): Result<SplitFields, Failure> => {
  if (!inScope(spec, log)) return err(badFields(type, 'type', `does not belong into ${log.slice(0, 3)} logs`));
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(spec.fields, name)) return err(badFields(type, name, 'is not a field of this type'));
  }
  const c: Record<string, JsonValue> = {};
  const told: Disclosure[] = [];
  for (const [name, field] of Object.entries(spec.fields)) {
    const given = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (given === undefined) {
      if (!field.optional) return err(badFields(type, name, 'is missing'));
      continue;
    }
    const value = normalise(given);
    if (!fitsField(value, field)) return err(badFields(type, name, 'is not what the registry says'));
    if (field.clear) {
      c[name] = value;
      continue;
    }
    const disclosure = disclose(name, value, random);
    if (disclosure.text.length > disclosureLimit) {
      return err(tooLarge(type, name, disclosure.text.length, disclosureLimit));
    }
    told.push(disclosure);
  }
  return ok({ c, told });
};

/** The field that makes a line too long. */
export const largestPart = (type: string, c: JsonObject, bytes: number): Failure => {
  const [name = 'line'] = Object.entries(c)
    .map(([key, value]) => [key, JSON.stringify(value).length] as const)
    .sort((a, b) => b[1] - a[1])
    .map(([key]) => key);
  return tooLarge(type, name, bytes, lineLimit);
};
