import { expect, test } from 'vitest';
import { databricksFailure } from '../../main/databricks/failures.ts';
import { isMissingVersion } from '../../main/sync/delta-failures.ts';

const refused = (sqlState: string): ReturnType<typeof databricksFailure> => ({
  ...databricksFailure('StatementFailed'),
  sqlState,
});

// Seen on Spark 4.2 with Delta 4.4 (test/conformance/checks/vacuumed.ts): a reader that was away too long must read anew, not stop.
test('a past that is older than deleted files are kept is a missing version, as one whose files are gone', () => {
  for (const sqlState of ['0AKDC', 'KD001']) expect(isMissingVersion(refused(sqlState))).toBe(true);
  expect(isMissingVersion(refused('42601'))).toBe(false);
});
