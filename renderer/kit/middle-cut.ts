/** A long name with its middle left out, so that beginning and end can be told apart; never longer than `max` characters. */
export const middleCut = (name: string, max: number): string => {
  const letters = [...name];
  if (letters.length <= max) return name;
  if (max < 2) return '…';
  const tail = Math.ceil((max - 1) / 2);
  const head = max - 1 - tail;
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - tail).join('')}`;
};

/** 0 → "0 B", 1536 → "1.5 KB". */
export const fileSize = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`;
  const kb = bytes / 1024;
  if (kb < 1024) return `${kb < 10 ? kb.toFixed(1) : Math.round(kb)} KB`;
  const mb = kb / 1024;
  return `${mb < 10 ? mb.toFixed(1) : Math.round(mb)} MB`;
};

/** 1 → "1 entry", 7 → "7 entries"; numbers grouped. */
export const counted = (value: number, one: string, many: string): string =>
  `${value.toLocaleString('en-GB')} ${value === 1 ? one : many}`;
