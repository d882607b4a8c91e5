import { Pin } from 'lucide-react';
import { useState } from 'react';
import type { Entry } from '../../../shared/contract/room.ts';
import { act, sendDraft } from '../../actions/index.ts';
import { Button, Chip, CopyText, Field, withMoments } from '../../kit/index.ts';
import { entrySelected, noSelection, selectDraft, store, useModel } from '../../model/index.ts';
import { useNow, useTimes } from '../common/use.ts';
import { Who } from '../common/who.tsx';
import { whoWords } from '../common/words.ts';
import { EntryIcon } from './entry-icon.tsx';
import { LedgerMark } from './ledger-mark.tsx';

type Props = { readonly entry: Entry; readonly log: string; readonly contested: boolean; readonly canWrite: boolean };

/** One line of what, one or two of why, who, evidence, and where it has got to. Chosen, it opens. */
export const EntryRow = ({ entry, log, contested, canWrite }: Props) => {
  const times = useTimes();
  const now = useNow();
  const selection = useModel((model) => model.selection);
  const select = useModel((model) => model.select);
  const on = entrySelected(selection, entry);
  const open = selection.entry === entry.id;
  return (
    <article
      className={`entry${on ? ' entry-on' : ''}${entry.withoutEffect === null ? '' : ' entry-void'}${entry.factKind === null ? '' : ' entry-fact'}`}
    >
      <time className="entry-time" dateTime={entry.happenedAt} title={times.full(entry.happenedAt)}>
        {times.near(entry.happenedAt, now)}
      </time>
      <EntryIcon entry={entry} />
      <div className="entry-body">
        <button
          type="button"
          className="entry-title"
          data-row
          aria-pressed={open}
          onClick={() => select(open ? noSelection : { entry: entry.id, assets: entry.assets })}
        >
          {withMoments(entry.title, times, now)}
        </button>
        {entry.body === null || entry.body === '' ? null : (
          <p className={open ? 'entry-text' : 'entry-text entry-cut'}>{withMoments(entry.body, times, now)}</p>
        )}
        {entry.withoutEffect === null ? null : <p className="entry-why tone-warn">{noEffect(entry.withoutEffect)}</p>}
        {open ? <EntryDetail entry={entry} log={log} canWrite={canWrite} /> : null}
        <div className="entry-foot">
          {entry.by === null ? null : <Who person={entry.by} />}
          {entry.chips.slice(0, open ? undefined : 3).map((chip) => (
            <Chip key={chip} title={chip}>
              {withMoments(chip, times, now)}
            </Chip>
          ))}
          {entry.versions.length === 0 ? null : <Chip>edited</Chip>}
          {entry.witnesses < 2 ? null : <Chip title="Devices that saw the same">{entry.witnesses} saw it</Chip>}
          {entry.withheld === 0 ? null : <Chip tone="warn">{entry.withheld} withheld</Chip>}
          <span className="push">
            <LedgerMark ledger={entry.ledger} contested={contested} />
          </span>
        </div>
      </div>
    </article>
  );
};

/** Why it does not count; the core may say "Without effect" itself. */
const noEffect = (why: string): string => (/effect/i.test(why) ? why : `No effect: ${why}`);

const isHash = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);

/** Times, earlier texts and acts of the chosen entry. */
const EntryDetail = ({ entry, log, canWrite }: Omit<Props, 'contested'>) => {
  const times = useTimes();
  const [editing, setEditing] = useState(false);
  const mine = entry.kind === 'note' && isHash(entry.id);
  return (
    <div className="entry-detail">
      <dl className="entry-times">
        <div>
          <dt>happened</dt>
          <dd>{times.full(entry.happenedAt)}</dd>
        </div>
        {entry.observedAt === null ? null : (
          <div>
            <dt>observed</dt>
            <dd>{times.full(entry.observedAt)}</dd>
          </div>
        )}
        {entry.recordedAt === null ? null : (
          <div>
            <dt>recorded</dt>
            <dd>{times.full(entry.recordedAt)}</dd>
          </div>
        )}
        {entry.replaces === undefined ? null : (
          <div>
            <dt>replaces what was told by</dt>
            <dd>{entry.replaces}</dd>
          </div>
        )}
      </dl>
      {entry.versions.length === 0 ? null : (
        <ol className="entry-versions" aria-label="Earlier texts">
          {entry.versions.map((version) => (
            <li key={`${version.at} ${version.text}`}>
              <p>{version.text}</p>
              <p className="cap">
                {whoWords(version.by)}, {times.full(version.at)}
              </p>
            </li>
          ))}
        </ol>
      )}
      {editing ? <EditNote entry={entry} log={log} onDone={() => setEditing(false)} /> : null}
      <div className="line entry-acts">
        {mine && canWrite && !editing ? (
          <Button small onPress={() => setEditing(true)} data-testid="note-edit">
            Edit
          </Button>
        ) : null}
        {entry.ledger === 'cached' && canWrite ? (
          <Button
            small
            icon={<Pin size={13} strokeWidth={1.75} />}
            onPress={() => void act('fact.pin', { log, fact: entry.id })}
            data-testid="fact-pin"
          >
            Pin as evidence
          </Button>
        ) : null}
        <CopyText text={entry.id.length > 24 && isHash(entry.id) ? entry.id.slice(0, 16) : entry.id} />
      </div>
    </div>
  );
};

const EditNote = ({
  entry,
  log,
  onDone,
}: {
  readonly entry: Entry;
  readonly log: string;
  readonly onDone: () => void;
}) => {
  const key = `edit ${entry.id}`;
  const draft = useModel(selectDraft(key));
  const { typed } = store.getState();
  const text = draft['text'] ?? (entry.body === null || entry.body === '' ? entry.title : entry.body);
  const save = async (): Promise<void> => {
    if (await sendDraft(key, 'note.edit', { log, note: entry.id, text: text.trim() })) onDone();
  };
  return (
    <div className="entry-edit">
      <Field
        label="Text of the note"
        hideLabel
        value={text}
        onChange={(next) => typed(key, { text: next })}
        lines={4}
        testId="note-edit-text"
      />
      <div className="line">
        <Button
          small
          tone="primary"
          isDisabled={text.trim() === ''}
          onPress={() => void save()}
          data-testid="note-edit-save"
        >
          Save
        </Button>
        <Button small onPress={onDone}>
          Later
        </Button>
        <span className="cap">the earlier text stays readable</span>
      </div>
    </div>
  );
};
