/**
 * What an error that nobody caught may leave in a log: what kind it was and where in the code. Not its words, and nothing that hangs
 * on it: Node would print both, and errors of network libraries carry requests with their headers, which hold a token.
 */
export const lastWords = (thrown: unknown): string => {
  const { name, code, stack } =
    thrown instanceof Error
      ? { name: thrown.name, code: 'code' in thrown ? thrown.code : undefined, stack: thrown.stack ?? '' }
      : { name: typeof thrown, code: undefined, stack: '' };
  const known = typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? ` ${code}` : '';
  // A frame begins a line of its own; a message of several lines must not look like one.
  const frames = stack.split('\n').filter((line) => /^ {4}at \S.*:\d+:\d+\)?$/.test(line) && !line.includes('data:'));
  return [
    `An error that nobody caught: ${/^\w{1,60}$/.test(name) ? name : 'Error'}${known}`,
    ...frames.slice(0, 12),
  ].join('\n');
};

/** Ends this process after an error that nobody caught, as Node does, but with words that can be kept. What was committed is safe. */
export const endOnUncaught = (exit: (code: number) => void): void => {
  process.on('uncaughtException', (thrown) => {
    process.stderr.write(`${lastWords(thrown)}\n`, () => exit(1));
  });
};
