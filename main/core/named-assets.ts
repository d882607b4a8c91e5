import { type Failure, failure } from '../../shared/base/failure.ts';
import { type WatchKind, watchKinds } from '../../shared/contract/watch.ts';
import { fullName, parseTableName, storedTableName, typedTableName } from '../databricks/identifiers.ts';

/** A thing as a person names it, in the one spelling that its id is made of. */
export type Named = { readonly kind: WatchKind; readonly name: string };

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const idOf: Readonly<Record<'job' | 'endpoint' | 'pipeline', RegExp>> = {
  job: /^\d{1,20}$/,
  endpoint: /^[\w-]{1,100}$/,
  pipeline: /^[0-9a-z-]{1,100}$/i,
};

/** What is named, read as this kind; null = such a thing cannot have this name. */
export const readNamed = (kind: WatchKind, text: string): Named | null => {
  const name = text.trim();
  if (kind !== 'table' && kind !== 'model') return idOf[kind].test(name) ? { kind, name } : null;
  const parsed = parseTableName(name);
  return parsed.ok ? { kind, name: fullName(parsed.value) } : null;
};

/** The same for a name as it is stored, which nobody typed: a backtick in it is a character like any other. */
export const readStored = (kind: WatchKind, native: string): Named | null => {
  const table = kind === 'table' || kind === 'model' ? storedTableName(native) : null;
  return table === null ? readNamed(kind, native) : { kind, name: fullName(table) };
};

const prefix = new RegExp(`^(${watchKinds.join('|')})\\s+(.+)$`, 'is');

/** Everything that a few words could name, the likeliest first: `a.b.c`, digits, the id of a pipeline, a plain name. */
export const guessNamed = (text: string): readonly Named[] => {
  const said = prefix.exec(text.trim());
  const kind = watchKinds.find((one) => one === said?.[1]?.toLowerCase());
  if (kind !== undefined) return [readNamed(kind, said?.[2] ?? '')].filter((one) => one !== null);
  const name = text.trim();
  const likely: readonly WatchKind[] = idOf.job.test(name) ? ['job'] : uuid.test(name) ? ['pipeline'] : ['table', 'model', 'endpoint']; // prettier-ignore
  return likely.flatMap((one) => readNamed(one, name) ?? []);
};

/** The line that names it wherever people write (`guessNamed`): its kind, and its name in the spelling that is read. */
export const lineOf = ({ kind, name }: Named): string => {
  const table = kind === 'table' || kind === 'model' ? storedTableName(name) : null;
  return `${kind} ${table === null ? name : typedTableName(table)}`;
};

/** What one line names where nobody is asked again: a plain word is no endpoint by itself, it says its kind ("endpoint prices"). */
export const readLine = (text: string): Named | null => {
  const [named] = guessNamed(text);
  const isSure = prefix.test(text.trim()) || named?.kind === 'table' || named?.kind === 'job';
  return named !== undefined && isSure ? named : null;
};

export const unknownName = (name: string): Failure =>
  failure(
    'WrongShape',
    `"${name.slice(0, 100)}" is neither a table nor a job.`,
    'Nothing was written.',
    'Write one a line: a table as catalog.schema.table, a job as its number, and anything else with its kind before its name: endpoint prices.',
  );
