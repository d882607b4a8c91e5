/**
 * CSV that a spreadsheet shows and does not run (facts/security.md 3.2: formula injection): a cell that would begin a
 * formula, also after spaces and in full width, gets an apostrophe in front. RFC 4180 quoting, UTF-8, CRLF.
 */
const trigger = /^[\s\u{feff}]*[=+\-@\t\r\0＝＋－＠]/u;

const cell = (value: string | number | boolean | null): string => {
  if (value === null) return '';
  const text = String(value).toWellFormed();
  // An apostrophe in front of our own apostrophe, so that taking one away gives the text back.
  const safe = typeof value === 'string' && (trigger.test(text) || text.startsWith("'")) ? `'${text}` : text;
  return /[",\r\n\t]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export type Cell = string | number | boolean | null;

/** One row with its CRLF. */
export const csvRow = (cells: readonly Cell[]): string => `${cells.map(cell).join(',')}\r\n`;

/** Read what `csvRow` wrote: the cells without the protecting apostrophe. For tests and checks. */
export const parseCsv = (text: string): readonly (readonly string[])[] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  const plain = (value: string): string => (value.startsWith("'") ? value.slice(1) : value);
  while (at < text.length) {
    let value = '';
    if (text[at] === '"') {
      for (at += 1; at < text.length; at += 1) {
        if (text[at] !== '"') value += text[at];
        else if (text[at + 1] === '"') {
          value += '"';
          at += 1;
        } else break;
      }
      at += 1;
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\r') {
        value += text[at];
        at += 1;
      }
    }
    row.push(plain(value));
    if (text[at] === ',') {
      at += 1;
      continue;
    }
    rows.push(row);
    row = [];
    at += 2;
  }
  return rows;
};
