import { failure } from '../../shared/base/failure.ts';
import type { DatabricksFailure } from '../databricks/port.ts';

const code = 'DAILY_LIMIT';

/** What a statement that nobody asked for is answered once the limit of a day is reached: it is not sent. */
export const overDayLimit: DatabricksFailure = failure(
  'Cancelled',
  'The limit of today for reading by itself is reached.',
  'What has come stays on this disk.',
  'It goes on by itself after 00:00 UTC; by hand it goes on now.',
  code,
);

/** Whether work ended at the limit of a day: the workspace answers, and nothing is lost. */
export const isOverDayLimit = (found: { readonly code?: string | null | undefined }): boolean => found.code === code;
