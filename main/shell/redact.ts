/**
 * Takes secrets out of text that is about to be written to a log file. A net below the real rule (nobody logs a secret): it
 * knows the shapes of Databricks tokens, JWTs, bearer headers, keys, and values named like a secret.
 */
const hidden = '[removed]';
const shapes: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b(?:dapi|dkea|dose)[0-9A-Za-z_-]{8,}/gi,
  /\beyJ[\w-]{8,}\.[\w.-]{4,}/g,
  /\bBearer\s+[\w.~+/%=-]{8,}/gi,
];
const named = /((?:token|password|passphrase|secret|authorization|api[_-]?key)["']?\s*[:=]\s*["']?)([^\s"',;&}]{4,})/gi;

/** The same text with what looks like a secret replaced. */
export const redact = (text: string): string => {
  const shaped = shapes.reduce((now, shape) => now.replace(shape, hidden), text);
  return shaped.replace(named, `$1${hidden}`);
};

const longestLine = 64 * 1024;

/**
 * Feed chunks as they come; whole lines go out redacted, so that a token cut in two by the pipe is still one. A line longer
 * than 64 KiB goes out in pieces of that size.
 */
export const lineRedactor = (
  write: (line: string) => void,
): { readonly feed: (chunk: string) => void; readonly end: () => void } => {
  let rest = '';
  let insideKey = false;
  const out = (line: string): void => {
    // A key spans lines: between its BEGIN and END nothing is written.
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line)) insideKey = !/-----END [A-Z ]*PRIVATE KEY-----/.test(line);
    else if (insideKey) {
      insideKey = !/-----END [A-Z ]*PRIVATE KEY-----/.test(line);
      return;
    }
    write(redact(line));
  };
  return {
    feed: (chunk) => {
      rest += chunk;
      for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
        out(rest.slice(0, end));
        rest = rest.slice(end + 1);
      }
      if (rest.length > longestLine) {
        out(rest.slice(0, longestLine));
        rest = rest.slice(longestLine);
      }
    },
    end: () => {
      if (rest !== '') out(rest);
      rest = '';
    },
  };
};
