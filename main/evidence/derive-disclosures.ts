import { specOf } from '../../shared/domain/event-types.ts';
import { sha256Url } from '../log/digest.ts';
import { readDisclosure } from '../log/disclosures.ts';
import { lineHash } from '../log/line.ts';
import { csvRow } from './csv.ts';
import { linesFile, type PackFile } from './pack-file.ts';
import { linesOf, type PackContext, type PackedLine } from './pack-context.ts';
import { disclosuresFile } from './paths.ts';

/**
 * `data/90-disclosures/`: the only place in a pack where words, names and file names of the log lie (event-format section 2),
 * and a row for each one that is not here. A line names its disclosures by digest, so taking one away breaks nothing.
 */
const disclosures = ({ replay }: PackContext): PackFile =>
  linesFile(disclosuresFile, function* () {
    for (const { event } of linesOf(replay)) {
      for (const d of event.d) yield JSON.stringify({ digest: sha256Url(d), d });
    }
  });

type Redaction = { readonly basis: string; readonly by: string; readonly at: string; readonly event: string };

/** Effective redactions by digest. */
const redactions = (context: PackContext): ReadonlyMap<string, Redaction> => {
  const found = new Map<string, Redaction>();
  for (const { line, event } of linesOf(context.replay)) {
    if (line.type !== 'redacted') continue;
    const entry = context.replay.views.entryByHash(context.replay.db, lineHash(event.line));
    const digests = line.c['digests'];
    if (entry?.effect !== 'full' || !Array.isArray(digests)) continue;
    const basis = entry.fields['basis'];
    for (const digest of digests) {
      if (typeof digest === 'string' && !found.has(digest))
        found.set(digest, {
          basis: typeof basis === 'string' ? basis : 'basis withheld',
          by: context.nameOf(line.actor),
          at: line.at,
          event: entry.hash,
        });
    }
  }
  return found;
};

/** The field that a missing digest stood for, where the type leaves only one possibility. */
const fieldOf = ({ line, event }: PackedLine): string | null => {
  const spec = specOf(line.type, line.v);
  if (!spec) return null;
  const told = new Set(event.d.map((d) => readDisclosure(d)?.name));
  const missing = Object.entries(spec.fields).filter(([name, field]) => !field.clear && !told.has(name));
  const required = missing.filter(([, field]) => !field.optional);
  const [only] = required.length === 1 && line._sd.length - event.d.length === 1 ? required : missing;
  return only !== undefined && (missing.length === 1 || required.length === 1) ? only[0] : null;
};

const withheld = (context: PackContext): PackFile => ({
  path: 'data/90-disclosures/redactions.csv',
  *chunks() {
    yield csvRow(['digest', 'log', 'device', 'seq', 'type', 'field', 'state', 'reason', 'by', 'at', 'redaction']);
    const redacted = redactions(context);
    for (const packed of linesOf(context.replay)) {
      const { line, event, stream } = packed;
      if (line._sd.length === event.d.length) continue;
      const here = new Set(event.d.map((d) => sha256Url(d)));
      const field = fieldOf(packed);
      for (const digest of line._sd) {
        if (here.has(digest)) continue;
        const known = redacted.get(digest);
        const why = stream.org
          ? 'about people or rooms outside this incident, or not on the exporting device'
          : 'not on the exporting device, or withheld from this copy';
        yield csvRow([
          digest, line.log, line.dev, line.seq, line.type, field, known ? 'redacted' : 'withheld',
          known?.basis ?? why, known?.by ?? null, known?.at ?? null, known?.event ?? null,
        ]); // prettier-ignore
      }
    }
  },
});

export const disclosureFiles = (context: PackContext): readonly PackFile[] => [disclosures(context), withheld(context)];
