import { Pencil } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { Room } from '../../../shared/contract/room.ts';
import { sendDraft } from '../../actions/index.ts';
import { Button, Field, IconButton } from '../../kit/index.ts';
import { selectDraft, store, useModel } from '../../model/index.ts';
import { useNow, useTimes } from '../common/use.ts';
import { whoWords } from '../common/words.ts';
import { useRoomDialog } from './dialog-state.ts';

/** Know, Don't, Next: pinned above the timeline; what was written before stays in the timeline. */
export const Summary = ({ room }: { readonly room: Room }) => {
  const { open, set } = useRoomDialog();
  return open === 'summary' && room.can.write ? (
    <Edit room={room} onDone={() => set('none')} />
  ) : (
    <Read room={room} onEdit={() => set('summary')} />
  );
};

const lines = [
  ['know', 'Know'],
  ['unknown', 'Don’t'],
  ['next', 'Next'],
] as const;

const Read = ({ room, onEdit }: { readonly room: Room; readonly onEdit: () => void }) => {
  const times = useTimes();
  const now = useNow();
  const { value, by, at } = room.summary;
  return (
    <section className="summary" aria-label="Know, Don’t, Next" data-testid="summary">
      <dl>
        {lines.map(([key, word]) => (
          <div key={key} className="summary-line">
            <dt>{word}</dt>
            <dd className={(value?.[key] ?? '') === '' ? 'summary-empty' : ''}>
              {(value?.[key] ?? '') === '' ? 'nobody has written this yet' : value?.[key]}
            </dd>
          </div>
        ))}
      </dl>
      <div className="summary-foot">
        <span>{by === null || at === null ? '' : `${whoWords(by)}, ${times.near(at, now)}`}</span>
        {room.can.write ? (
          <IconButton label="Write Know, Don’t, Next" kbd="U" onPress={onEdit} data-testid="summary-edit">
            <Pencil size={14} strokeWidth={1.75} />
          </IconButton>
        ) : null}
      </div>
    </section>
  );
};

const Edit = ({ room, onDone }: { readonly room: Room; readonly onDone: () => void }) => {
  const key = `summary ${room.log}`;
  const draft = useModel(selectDraft(key));
  const { typed } = store.getState();
  // The heads that the author saw when the writing began: a change that arrives meanwhile becomes a conflict, not a loss.
  const [over] = useState(() => [...room.summary.heads]);
  const present = room.summary.value;
  useEffect(() => {
    if (store.getState().drafts[key] === undefined && present !== null) store.getState().typed(key, present);
  }, [key, present]);
  const summary = { know: draft['know'] ?? '', unknown: draft['unknown'] ?? '', next: draft['next'] ?? '' };
  const save = async (): Promise<void> => {
    if (await sendDraft(key, 'summary.set', { log: room.log, summary, over })) onDone();
  };
  return (
    <section className="summary summary-edit" aria-label="Write Know, Don’t, Next">
      {lines.map(([field, word]) => (
        <Field
          key={field}
          label={word}
          value={summary[field]}
          onChange={(text) => typed(key, { [field]: text })}
          lines={2}
          testId={`summary-${field}`}
        />
      ))}
      <div className="line">
        <Button tone="primary" small onPress={() => void save()} data-testid="summary-save">
          Save
        </Button>
        <Button small onPress={onDone}>
          Later
        </Button>
        <span className="cap">kept while you write</span>
      </div>
    </section>
  );
};
