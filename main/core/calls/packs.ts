import { err } from '../../../shared/base/result.ts';
import { failure } from '../../../shared/base/failure.ts';
import type { HandlersOf } from '../handlers.ts';
import type { LakePart } from '../lake-part.ts';
import type { Parts } from '../parts.ts';

export const packCalls = (
  _parts: Parts,
  _deps: { version: string; lake: LakePart },
): HandlersOf<'pack.preview' | 'pack.export'> => ({
  'pack.preview': () => err(failure('Later', 'x', 'x', 'x')),
  'pack.export': () => err(failure('Later', 'x', 'x', 'x')),
});
