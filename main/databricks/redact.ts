/**
 * Takes secrets out of text before it reaches a log line, a failure or a screen. Works by value (the token itself, plain,
 * URL-encoded, as in a form, and base64 as in basic authentication) and by shape (what Databricks tokens and bearer headers look like).
 */
export type Redactor = (text: string) => string;

const shapes: readonly RegExp[] = [
  /\b(?:dapi|dkea|dskea|dsapi|dose)[0-9a-zA-Z_-]{8,}/g,
  /\bBearer\s+[^\s"',;]+/gi,
  /\bBasic\s+[A-Za-z0-9+/=]{8,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
];
const mask = '<redacted>';

/**
 * A redactor for these secrets, asked anew each time: tokens change while a connection lives. Values shorter than 4 characters
 * are left alone, they would blank ordinary words.
 */
export const makeRedactor = (secrets: () => readonly string[]): Redactor => {
  let known: readonly string[] = [];
  let of = '';
  return (text) => {
    const now = secrets();
    const key = now.join('\n');
    if (key !== of) [known, of] = [formsOf(now), key];
    let clean = text;
    for (const value of known) clean = clean.replaceAll(value, mask);
    for (const shape of shapes) clean = clean.replace(shape, mask);
    return clean;
  };
};

/** As a form carries it: `~`, `!` and white space are written otherwise than in an address. */
const inForm = (secret: string): string => new URLSearchParams({ '': secret }).toString().slice(1);

const formsOf = (secrets: readonly string[]): readonly string[] => {
  const values = secrets
    .filter((secret) => secret.length >= 4)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      inForm(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(`token:${secret}`).toString('base64'),
    ]);
  return [...new Set(values)].sort((a, b) => b.length - a.length);
};
