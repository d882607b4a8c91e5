import type { Failure } from '../../../shared/base/failure.ts';
import type { JsonValue } from '../../../shared/base/json.ts';
import { ok, type Result } from '../../../shared/base/result.ts';
import type { EventType } from '../../../shared/domain/event-types.ts';
import type { EventHash } from '../../../shared/domain/ids.ts';
import type { HandlersOf } from '../handlers.ts';
import type { Parts } from '../parts.ts';
import { given, writeInRoom, type Written } from '../write.ts';

type Steering =
  | 'title.set' | 'severity.set' | 'class.set' | 'phase.set' | 'commander.set' | 'harm.set' | 'update.schedule' | 'summary.set'; // prettier-ignore

/** The registers of an incident. `over` = the heads its author saw; left out, the log names the present ones: what is set wins over them. */
export const incidentCalls = (parts: Parts): HandlersOf<Steering> => {
  const set = (
    log: string,
    type: EventType,
    fields: Readonly<Record<string, JsonValue | undefined>>,
    over?: readonly string[],
  ): Result<Written, Failure> =>
    writeInRoom(parts, log, () =>
      ok([{ type, fields: given(fields), ...(over === undefined ? {} : { over: over as readonly EventHash[] }) }]),
    );

  return {
    'title.set': ({ log, title, over }) => set(log, 'title.set', { title }, over),
    'severity.set': ({ log, severity, reason, over }) => set(log, 'severity.set', { severity, reason }, over),
    'class.set': ({ log, class: incidentClass, over }) => set(log, 'class.set', { class: incidentClass }, over),
    'phase.set': ({ log, phase, reason, over }) => set(log, 'phase.set', { phase, reason }, over),
    'commander.set': ({ log, person, over }) => set(log, 'commander.set', { person }, over),
    'harm.set': ({ log, harm, reason, over }) => set(log, 'harm.set', { harm, reason }, over),
    'update.schedule': ({ log, dueAt, audience }) => set(log, 'update.scheduled', { due_at: dueAt, audience }),
    'summary.set': ({ log, summary, over }) => set(log, 'summary.set', { summary }, over),
  };
};
