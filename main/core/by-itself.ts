import { type Failure, failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { ConnectionPart } from './connection.ts';
import type { WarehouseLife } from './warehouse-life.ts';

/**
 * May something that nobody pressed for be sent to every workspace that is connected? To practice always; to a real one only when
 * its warehouse runs, as REST says now: what was known a while ago may have fallen asleep since. Failures: those of asking, and
 * NotByItself.
 */
export const mayByItself = async (
  connection: Pick<ConnectionPart, 'slots'>,
  life: Pick<WarehouseLife, 'ask'>,
): Promise<Result<null, Failure>> => {
  for (const slot of connection.slots()) {
    const workspace = slot.current();
    if (workspace === null || slot.state().kind !== 'workspace') continue;
    const found = await life.ask(slot.id, workspace, {});
    if (!found.ok) return found;
    if (found.value?.state !== 'running') return err(found.value?.state == null ? untold : asleep);
  }
  return ok(null);
};

const nothingSent = 'Nothing was sent; what is cached stays as it is.';
const asleep: Failure = failure(
  'NotByItself',
  'The SQL warehouse does not run, so nothing is counted by itself.',
  nothingSent,
  'Count starts it.',
);
const untold: Failure = failure(
  'NotByItself',
  'Whether the SQL warehouse runs cannot be told, so nothing is counted by itself.',
  nothingSent,
  'Count may start it.',
);
