/** A run of the conformance suite against a real workspace, as its report in test/conformance/reports says. */
export type WorkspaceReport = {
  /** Day of the run, `2026-11-27`. */
  readonly date: string;
  readonly cloud: string;
  readonly runtime: string;
  readonly passed: number;
  readonly failed: number;
};

declare global {
  /** Put in by the build (resources/build/reports.ts): the reports that lay in the folder then. Not there outside a build. */
  const __BREAKWATER_REPORTS__: readonly WorkspaceReport[] | undefined;
}

/** Reports that were there when this program was built; none where it runs from its sources. */
export const builtReports = (): readonly WorkspaceReport[] =>
  typeof __BREAKWATER_REPORTS__ === 'undefined' ? [] : __BREAKWATER_REPORTS__;

/** Half a sentence for people, after "this version" or "it": what was seen at a real workspace, and nothing more than that. */
export const provenWords = (reports: readonly WorkspaceReport[]): string => {
  const newest = [...reports].sort((a, b) => (a.date < b.date ? 1 : -1))[0];
  if (newest === undefined) return 'was never run against a real workspace';
  const { date, cloud, runtime, passed, failed } = newest;
  return `was last run against a real workspace on ${date} (${cloud}, ${runtime}): ${passed} checks passed, ${failed} failed`;
};
