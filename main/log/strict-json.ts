/**
 * JSON that means one thing to every reader: no key twice in an object, no lone surrogate. `JSON.parse` keeps the last of
 * two equal keys while other readers keep the first, so a line could say different things to different people under one
 * hash. Text that `JSON.stringify` would print the same cannot hold a double key; only other text is scanned.
 */
export const unambiguousJson = (text: string, parsed: unknown): boolean => {
  if (!text.isWellFormed()) return false;
  const escapes = text.includes('\\u');
  if (!escapes && JSON.stringify(parsed) === text) return true;
  return !hasDoubleKeys(text) && !(escapes && hasLoneSurrogates(parsed));
};

const hasLoneSurrogates = (value: unknown): boolean => {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      if (!next.isWellFormed()) return true;
    } else if (typeof next === 'object' && next !== null) {
      for (const [key, inner] of Object.entries(next)) open.push(key, inner);
    }
  }
  return false;
};

/** Scan text that is known to parse. Keys are compared after unescaping. */
const hasDoubleKeys = (text: string): boolean => {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{') open.push(new Set());
    else if (char === '[') open.push(null);
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const start = at;
      for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
      let after = at + 1;
      while (/\s/.test(text[after] ?? '')) after += 1;
      const keys = open.at(-1);
      if (text[after] === ':' && keys) {
        const key = JSON.parse(text.slice(start, at + 1)) as string;
        if (keys.has(key)) return true;
        keys.add(key);
      }
    }
  }
  return false;
};
