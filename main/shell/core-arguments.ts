/** What the core has to know of this installation. */
export type CorePlaces = {
  readonly profile: string;
  readonly version: string;
  /** Node 24 and the bundle that it runs as practice lakehouse; null where there is no Node beside Electron. */
  readonly node: string | null;
  readonly practiceEntry: string;
};

/** The command line of the core's entries. Never a secret: every user of the machine can read it. */
export const coreArguments = (places: CorePlaces): string[] => [
  '--profile',
  places.profile,
  '--host',
  'electron',
  '--app-version',
  places.version,
  ...(places.node === null ? [] : ['--node', places.node]),
  '--practice-entry',
  places.practiceEntry,
];
