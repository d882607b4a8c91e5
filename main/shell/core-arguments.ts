/** What the core's entries take on their command line. Never a secret: every user of the machine can read it. */
export const coreArguments = (start: {
  readonly profile: string;
  readonly keyringKey: Uint8Array | null;
}): string[] => ['--profile', start.profile, '--host', 'electron', ...(start.keyringKey === null ? [] : ['--keyring'])];
