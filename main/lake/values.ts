/** Text of a value inside a fact's data: texts and numbers as they are, everything else empty. */
export const said = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
