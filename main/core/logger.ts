import { toInstant, type Clock } from '../../shared/base/time.ts';

/** Words for the log file and standard error. Never a token, a person's text or an answer. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;
export type Logger = {
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
};

/** One JSON line a message, to whatever takes lines (standard error of the entry, an array in tests). */
export const lineLogger = (clock: Clock, write: (line: string) => void): Logger => {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      write(JSON.stringify({ at: toInstant(clock.now()), level, message, ...fields }));
  return { info: at('info'), warn: at('warn'), error: at('error') };
};

export const silentLogger: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
