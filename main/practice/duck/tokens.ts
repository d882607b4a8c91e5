import { syntaxError } from './errors.ts';

export type Token = {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'punctuation' | 'end';
  /** Decoded value: a string without quotes, an identifier without backticks. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
};

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', b: '\b', Z: '\u001a' };

/** Split Databricks SQL into tokens; comments and white space are dropped. Throws EngineError on an unclosed quote. */
export const tokenize = (sql: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: Token['kind'], value: string, end: number): void => {
    tokens.push({ kind, value, start: at, end });
    at = end;
  };
  while (at < sql.length) {
    const char = sql[at] ?? '';
    const rest = sql.slice(at, at + 2);
    if (/\s/.test(char)) {
      at++;
    } else if (rest === '--') {
      const end = sql.indexOf('\n', at);
      at = end < 0 ? sql.length : end;
    } else if (rest === '/*') {
      const end = sql.indexOf('*/', at + 2);
      if (end < 0) throw syntaxError("'/*'");
      at = end + 2;
    } else if (char === "'" || char === '"') {
      let value = '';
      let i = at + 1;
      for (; ; i++) {
        const c = sql[i];
        if (c === undefined) throw syntaxError(char);
        if (c === '\\') {
          const next = sql[++i] ?? '';
          value += escapes[next] ?? next;
        } else if (c === char && sql[i + 1] === char) {
          value += char;
          i++;
        } else if (c === char) break;
        else value += c;
      }
      push('string', value, i + 1);
    } else if (char === '`') {
      let i = at + 1;
      while (i < sql.length && (sql[i] !== '`' || sql[i + 1] === '`')) i += sql[i] === '`' ? 2 : 1;
      if (i >= sql.length) throw syntaxError('`');
      push('quoted', sql.slice(at + 1, i).replaceAll('``', '`'), i + 1);
    } else if (/[A-Za-z_\u0080-\uffff]/.test(char)) {
      const word = /^[\w\u0080-\uffff]+/.exec(sql.slice(at, at + 512))?.[0] ?? char;
      push('word', word, at + word.length);
    } else if (/\d/.test(char)) {
      const number = /^\d+/.exec(sql.slice(at, at + 128))?.[0] ?? char;
      push('number', number, at + number.length);
    } else if (
      char === ':' &&
      /[A-Za-z_]/.test(sql[at + 1] ?? '') &&
      sql[at - 1] !== ':' &&
      !/[\w)\]`]/.test(sql[at - 1] ?? '')
    ) {
      const name = /^\w+/.exec(sql.slice(at + 1, at + 257))?.[0] ?? '';
      push('parameter', name, at + 1 + name.length);
    } else {
      push('punctuation', char, at + 1);
    }
  }
  tokens.push({ kind: 'end', value: 'end of input', start: sql.length, end: sql.length });
  return tokens;
};
