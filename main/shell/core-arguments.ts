/** What the core has to know of this installation. */
export type CorePlaces = {
  readonly profile: string;
  readonly version: string;
  /** Node 24 and the bundle that it runs as practice lakehouse; null where there is no Node beside Electron. */
  readonly node: string | null;
  readonly practiceEntry: string;
};

/**
 * Flags of the Node that runs the core as a child: a young generation of at most 16 MB a half. Node's own default is several times
 * that, which a bulk pull fills with rows that are stored already; Electron's utility process has about this much by itself. The
 * scripts of package.json start the browser's host with the same.
 */
export const coreFlags: readonly string[] = ['--max-semi-space-size=16'];

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
