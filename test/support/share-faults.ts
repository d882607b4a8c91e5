// What the buttons of the practice lakehouse do to a share, by name.
type Press = Readonly<Record<string, unknown>>;
export type ShareFault = readonly [name: string, happens: (events: string) => Promise<unknown>];

/** `control` presses buttons; each fault takes the name of the events table. Schemas that are refused have `fault_` in their name. */
export const shareFaults = (
  control: (press: Press) => Promise<unknown>,
): {
  /** For as long as it lasts, and whoever asks. */
  readonly lasting: readonly ShareFault[];
  readonly once: readonly ShareFault[];
} => ({
  lasting: [
    ...[401, 403, 429, 503].map((code): ShareFault => [`HTTP ${code}`, () => control({ status: { code, on: 'all', retryAfter: code === 429 ? 0 : null } })]),
    ['no network', () => control({ disconnected: true })],
    ['slow rows', () => control({ slowRowsMs: 5 })],
    ['lost permission', () => control({ deny: { pattern: 'fault_' } })],
  ],
  once: [
    ['500 at one statement', () => control({ status: { code: 500, on: 'sql', count: 1 } })],
    ['a cut result', () => control({ cutResult: { pattern: 'events', count: 1 } })],
    ['sessions that expire', () => control({ expireSessions: true })],
    ['VACUUM', (events) => control({ vacuum: events })],
    ['RESTORE', (events) => control({ restore: events })],
    ['DROP and CREATE', (events) => control({ recreate: events })],
  ],
}); // prettier-ignore
