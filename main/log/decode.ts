import type { JsonValue } from '../../shared/base/json.ts';
import type { DecodedEvent, EventLine } from '../../shared/domain/event.ts';
import type { EventTypeSpec } from '../../shared/domain/event-types.ts';
import { fitsField } from '../../shared/domain/fields.ts';
import { envelopeFields } from '../../shared/domain/event-types.ts';
import type { EventHash } from '../../shared/domain/ids.ts';
import type { EventRow } from '../store/events.ts';
import { sha256Url } from './digest.ts';
import { parseStored, readDisclosure } from './disclosures.ts';

/** A type's spec by name and version; null = this build does not know it. Injectable for upgrade tests. */
export type SpecOf = (type: string, v: number) => EventTypeSpec | null;

/** The line of a stored row. Stored lines were checked on intake. */
export const lineOf = (row: Pick<EventRow, 'line'>): EventLine => JSON.parse(row.line) as EventLine;

const envelope: readonly string[] = envelopeFields;

/**
 * A stored event with its fields. A field counts only from where the registry puts it: a disclosure cannot stand in for a
 * clear field (it would change what the event does), and values of the wrong kind are left out. Names that the registry
 * does not know are taken from either place, the clear one first.
 */
export const decodeRow = (row: EventRow, spec: EventTypeSpec | null): DecodedEvent => {
  const line = lineOf(row);
  const fields = new Map<string, JsonValue>();
  for (const [name, value] of Object.entries(line.c)) {
    const field = spec && Object.hasOwn(spec.fields, name) ? spec.fields[name] : undefined;
    if (envelope.includes(name) || (field && (!field.clear || !fitsField(value, field)))) continue;
    fields.set(name, value);
  }
  const digests = new Set(line._sd);
  for (const text of parseStored(row.d)) {
    const told = readDisclosure(text);
    digests.delete(sha256Url(text));
    if (!told) continue;
    const field = spec && Object.hasOwn(spec.fields, told.name) ? spec.fields[told.name] : undefined;
    if (field ? field.clear || !fitsField(told.value, field) : fields.has(told.name)) continue;
    fields.set(told.name, told.value);
  }
  // fromEntries defines own properties, also for names like __proto__.
  return { ...line, hash: row.hash as EventHash, fields: Object.fromEntries(fields), withheld: digests.size };
};

/** Names of fields of the type that should be told and are not here. Optional ones count only while digests are missing. */
export const withheldNames = (event: DecodedEvent, spec: EventTypeSpec | null): readonly string[] => {
  if (!spec || event.withheld === 0) return [];
  const missing = Object.entries(spec.fields).filter(
    ([name, field]) => !field.clear && !Object.hasOwn(event.fields, name),
  );
  const required = missing.filter(([, field]) => !field.optional);
  // As many digests missing as required names: the optional ones were never written.
  return (required.length === event.withheld ? required : missing).map(([name]) => name);
};
