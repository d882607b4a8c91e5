import { CornerDownLeft, Paperclip } from 'lucide-react';
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useRef, useState } from 'react';
import type { Room } from '../../../shared/contract/room.ts';
import { attachFile, type ComposerKind, composerKinds, sendComposer } from '../../actions/index.ts';
import { IconButton, Segmented } from '../../kit/index.ts';
import { composerKey, selectDraft, store, useModel } from '../../model/index.ts';
import { ComposerFields, NoteTime } from './composer-fields.tsx';
import './composer.css';
import { Uploads } from './uploads.tsx';

const words: Readonly<Record<ComposerKind, string>> = {
  note: 'Note',
  decision: 'Decision',
  task: 'Task',
  question: 'Question',
  handoff: 'Handoff',
};
const prompts: Readonly<Record<ComposerKind, string>> = {
  note: 'Write what you see',
  decision: 'What is decided, in one line',
  task: 'What has to be done',
  question: 'What another team should answer',
  handoff: 'What is handed over, and its state',
};

/** Where people write. Every keystroke is kept until the core has confirmed the entry. */
export const Composer = ({ room }: { readonly room: Room }) => {
  const key = composerKey(room.log);
  const draft = useModel(selectDraft(key));
  const { typed } = store.getState();
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [dropping, setDropping] = useState(false);
  const file = useRef<HTMLInputElement>(null);
  const kind = composerKinds.find((one) => one === draft['kind']) ?? 'note';
  const quick = kind === 'note' || kind === 'task';
  const text = draft['text'] ?? '';

  const send = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setProblem(await sendComposer(room.log));
    setBusy(false);
  };
  const attach = (files: Iterable<File>): void => {
    void (async () => {
      for (const one of files) await attachFile(room.log, one);
    })();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') return (event.target as HTMLElement).blur();
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    const mod = event.ctrlKey || event.metaKey;
    const inText = (event.target as HTMLElement).matches('[data-composer-text]');
    if (!mod && (event.shiftKey || !quick || !inText)) return;
    event.preventDefault();
    void send();
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setDropping(false);
    attach(event.dataTransfer.files);
  };
  const paste = (event: ClipboardEvent): void => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    attach(event.clipboardData.files);
  };

  if (!room.can.write)
    return <p className="composer composer-shut cap">Your roles let you read this room, not write in it.</p>;
  return (
    <section className="composer-region" aria-label="Write an entry">
      <div
        className={dropping ? 'composer composer-drop' : 'composer'}
        role="presentation"
        onKeyDown={press}
        onDragOver={(event) => {
          event.preventDefault();
          setDropping(true);
        }}
        onDragLeave={() => setDropping(false)}
        onDrop={drop}
      >
        <Uploads log={room.log} />
        <Segmented
          label="Kind of entry"
          value={kind}
          options={composerKinds.map((id) => ({ id, label: words[id], testId: `composer-kind-${id}` }))}
          onChange={(next) => typed(key, { kind: next })}
        />
        <textarea
          className="input composer-text"
          data-composer-text
          data-testid="composer-text"
          aria-label={prompts[kind]}
          placeholder={dropping ? 'Let go to attach' : prompts[kind]}
          rows={Math.min(8, Math.max(1, text.split('\n').length + Math.floor(text.length / 46)))}
          value={text}
          onChange={(event) => typed(key, { text: event.target.value })}
          onPaste={paste}
        />
        <ComposerFields kind={kind} draft={draft} room={room} onType={(fields) => typed(key, fields)} />
        <div className="composer-foot">
          <IconButton label="Attach a file, 25 MB at most" onPress={() => file.current?.click()}>
            <Paperclip size={16} strokeWidth={1.75} />
          </IconButton>
          <input
            ref={file}
            type="file"
            multiple
            className="sr-only"
            tabIndex={-1}
            aria-label="Attach files"
            data-testid="attach-input"
            onChange={(event) => {
              attach([...(event.target.files ?? [])]);
              event.target.value = '';
            }}
          />
          {kind === 'note' ? <NoteTime draft={draft} onType={(fields) => typed(key, fields)} /> : null}
          <span className="composer-problem" role="status">
            {problem}
          </span>
          <IconButton
            label={quick ? 'Save the entry' : `Save the ${words[kind].toLowerCase()}`}
            kbd={quick ? 'Enter' : 'Ctrl Enter'}
            isDisabled={busy || text.trim() === ''}
            onPress={() => void send()}
            className="composer-send"
            data-testid="composer-send"
          >
            <CornerDownLeft size={16} strokeWidth={1.75} />
          </IconButton>
        </div>
      </div>
    </section>
  );
};
