import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, parseJson, type JsonValue } from '../../shared/base/json.ts';

/** What one piece of work sent: statements, and the ms until they were answered, on a UTC day (`2026-11-24`). */
export type UsedBeside = { readonly day: string; readonly statements: number; readonly ms: number };

const fileIn = (profileDir: string): string => join(profileDir, 'usage-beside');

/**
 * Leave what a command sent for whoever has the profile open, or opens it next: the database belongs to that process alone. A line
 * is added to a file of the folder. False = it could not be, as where there is no such folder: nothing is made for it.
 */
export const tellBeside = (profileDir: string, used: UsedBeside): boolean => {
  if (!existsSync(profileDir)) return false;
  try {
    appendFileSync(fileIn(profileDir), `${JSON.stringify(used)}\n`, { mode: 0o600 });
    return true;
  } catch {
    // A folder that cannot be written is told by other findings.
    return false;
  }
};

export type LeftBeside = {
  /** Of this very content. */
  readonly id: string;
  /** It was taken before, and may be counted already. */
  readonly leftOver: boolean;
  readonly used: readonly UsedBeside[];
  /** The file may go; false = it is still there. */
  readonly drop: () => boolean;
};

/**
 * What commands left; null = nothing. Drop it only once it is counted on disk, with the id beside the count: what is left over by a crash
 * comes again under the same id. Lines that are not as they should be count for nothing, and one that is still
 * being added while this is read can be missed; none counts twice. Never throws.
 */
export const leftBeside = (profileDir: string): LeftBeside | null => {
  const file = fileIn(profileDir);
  const mine = `${file}.taken`;
  try {
    // Out of the way first: what is added meanwhile begins a new file, which waits while an earlier one is here.
    const leftOver = existsSync(mine);
    if (!leftOver) {
      if (!existsSync(file)) return null;
      renameSync(file, mine);
    }
    const text = readFileSync(mine, 'utf8');
    return {
      id: createHash('sha256').update(text).digest('hex'),
      leftOver,
      used: text.split('\n').flatMap(usedIn),
      drop: () => dropped(mine),
    };
  } catch {
    return null;
  }
};

const dropped = (file: string): boolean => {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
};

const usedIn = (line: string): readonly UsedBeside[] => {
  const value = parseJson(line);
  if (!value.ok || !isJsonObject(value.value)) return [];
  const { day, statements, ms } = value.value;
  return typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day) && isCount(statements) && isCount(ms)
    ? [{ day, statements, ms }]
    : [];
};
const isCount = (value: JsonValue | undefined): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
