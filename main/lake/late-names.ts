import { assetParts } from '../../shared/domain/ids.ts';
import { assetRow } from '../store/lake.ts';
import type { ReadableDb } from '../store/port.ts';
import { plainLabel } from './assets.ts';
import type { LakeFact } from './port.ts';

/** Kinds that have an id, and a name that may be read after what happened to them. */
const named: ReadonlySet<string> = new Set(['job', 'pipeline', 'notebook', 'query', 'dashboard', 'cluster', 'warehouse', 'experiment']); // prettier-ignore
/** Their titles say what they are in words of their own, and the id alone after it. */
const alone: ReadonlySet<string> = new Set(['cluster', 'warehouse']);

/** `part` of a text as a word of its own: "job 12" is none in "job 123". */
const placeOf = (text: string, part: string): number => {
  const isInner = (character: string | undefined): boolean => character !== undefined && /[\w-]/.test(character);
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1))
    if (!isInner(text[at - 1]) && !isInner(text[at + part.length])) return at;
  return -1;
};
const replaced = (text: string, part: string, by: string): string | null => {
  const at = placeOf(text, part);
  return at === -1 ? null : `${text.slice(0, at)}${by}${text.slice(at + part.length)}`;
};

/**
 * The fact with the names that are known now where its title holds ids, because names came later than what happened. A name that
 * stands in it stays, also when it was changed since: so it was called then.
 */
export const withNames = (db: ReadableDb, fact: LakeFact): LakeFact => {
  let { title } = fact;
  for (const asset of fact.assets) {
    const { kind, native } = assetParts(asset);
    if (!named.has(kind)) continue;
    const plain = plainLabel(asset).name;
    const part = placeOf(title, plain) === -1 && alone.has(kind) ? native : plain;
    if (placeOf(title, part) === -1) continue;
    const known = assetRow(db, asset)?.name;
    if (known !== undefined && known !== '' && known !== native) title = replaced(title, part, known) ?? title;
  }
  return title === fact.title ? fact : { ...fact, title };
};
