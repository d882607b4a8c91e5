import * as v from 'valibot';
import { longestId } from '../domain/fields.ts';

/** A page never carries more rows than this; larger answers are pages (facts/style.md section 5: cost of crossing). */
export const pageLimit = 500;
/** A row for each source of each workspace of a profile: 20 workspaces of some sixty sources each, and what was read of removed ones. */
export const sourcesLimit = 2_000;
/** Longest text that a person may send in one field, in UTF-16 units; a disclosure holds 256 KiB. */
export const textLimit = 60_000;

/** Any ISO 8601 moment with a zone; handlers receive the one spelling of the event format (UTC, milliseconds). */
export const instant = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.check((moment) => !Number.isNaN(Date.parse(moment)), 'there is no such day or time'),
  v.transform((moment) => new Date(moment).toISOString()),
);
export const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(textLimit));
export const shortText = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(500));
/**
 * Longest name of a thing in a catalog, in UTF-16 units: three parts of 255 characters (facts/security.md 3.2), each of them two units
 * or a backtick that is written twice, in backticks and with dots between, and a workspace of at most 100 after it.
 */
export const longestName = 1_700;
export const objectName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(longestName));
export const id = v.pipe(v.string(), v.minLength(1), v.maxLength(longestId));
export const logId = v.pipe(v.string(), v.regex(/^(inc|org):[0-9a-f]{32}$/));
export const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const limit = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(pageLimit)), 100);

/** What every expected failure looks like on the wire (shared/base/failure.ts). */
export const failureSchema = v.object({
  tag: v.string(),
  what: v.string(),
  safe: v.string(),
  advice: v.string(),
  code: v.optional(v.string()),
});

/** Who said it. `attested`: the device is bound to the person by somebody else or by sign-on. */
export const person = v.object({ id, name: v.string(), attested: v.boolean(), you: v.boolean() });
export type Person = v.InferOutput<typeof person>;

/** A value that several people may have set while apart: shown value, and all heads when they differ. */
export const settled = <T extends v.GenericSchema>(value: T) =>
  v.object({
    value: v.nullable(value),
    by: v.nullable(person),
    at: v.nullable(instant),
    /** Present values that differ; empty when there is nothing to settle. Newest first. */
    conflict: v.array(v.object({ value, hash, by: person, at: instant, sawOthers: v.boolean() })),
    /** Heads to name when this value is set again. */
    heads: v.array(hash),
  });

/** Where an entry has got to. `facts` of the cache are `cached`: this device's copy of what the platform said. */
export const ledger = v.picklist(['only-here', 'sent', 'shared', 'cached']);
export type Ledger = v.InferOutput<typeof ledger>;
