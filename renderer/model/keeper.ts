import { isJsonObject, type JsonValue } from '../../shared/base/json.ts';

/** Where small things survive a reload. Storage that is full or switched off costs the survival, never the work. */
export type Keeper = {
  readonly read: (key: string) => string | null;
  readonly write: (key: string, text: string) => void;
};

export const storageKeeper = (storage: Pick<Storage, 'getItem' | 'setItem'>): Keeper => ({
  read: (key) => {
    try {
      return storage.getItem(key);
    } catch {
      return null;
    }
  },
  write: (key, text) => {
    try {
      storage.setItem(key, text);
    } catch {
      // Full or forbidden: the draft still lives in memory.
    }
  },
});

export const memoryKeeper = (): Keeper => {
  const kept = new Map<string, string>();
  return { read: (key) => kept.get(key) ?? null, write: (key, text) => void kept.set(key, text) };
};

/** A stored object, or the fallback when there is none or it is not an object. */
export const readStored = <T extends object>(keeper: Keeper, key: string, fallback: T): T => {
  const text = keeper.read(key);
  if (text === null) return fallback;
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? (value as T) : fallback;
  } catch {
    return fallback;
  }
};
