import { appendFileSync, existsSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
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

/** Take what commands left, once. Lines that are not as they should be count for nothing. Never throws. */
export const takeBeside = (profileDir: string): readonly UsedBeside[] => {
  const file = fileIn(profileDir);
  if (!existsSync(file)) return [];
  try {
    // Out of the way first: what is added meanwhile begins a new file.
    const mine = `${file}.taken`;
    renameSync(file, mine);
    const lines = readFileSync(mine, 'utf8').split('\n');
    unlinkSync(mine);
    return lines.flatMap(usedIn);
  } catch {
    return [];
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
