import { type KeyboardEvent, useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { act, call } from '../../actions/index.ts';
import { Chip, counted, Field } from '../../kit/index.ts';

type Found = CallOutput<'watch.find'>;
type Row = Found['rows'][number];

/** Letters that follow each other quickly are searched once. */
const restMs = 120;

/** The last answer while the next one is on its way; `current`: it is about what stands there now. */
const useFound = (text: string): (Found & { readonly current: boolean }) | null => {
  const [found, setFound] = useState<{ readonly text: string; readonly value: Found } | null>(null);
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(() => {
      void call('watch.find', { text }).then((answer) => {
        if (!isOld && answer.ok) setFound({ text, value: answer.value });
      });
    }, restMs);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [text]);
  return text.trim() === '' || found === null ? null : { ...found.value, current: found.text === text };
};

/** Search as you type over what is known on this device; a name that is not known can be put on the list all the same. */
export const WatchFind = () => {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = useFound(text);
  const rows = found?.rows ?? [];
  const chosen = Math.min(at, rows.length - 1);
  const add = async (row: Row | undefined): Promise<void> => {
    if (row === undefined || row.watched) return;
    const { kind, name, asset } = row;
    const added = await act('watch.add', { kind, name, ...(asset === null ? {} : { asset }) });
    if (added === null) return;
    setText('');
    setAt(0);
  };
  const key = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(rows.length - 1, chosen + step)));
    } else if (event.key === 'Enter' && event.target instanceof HTMLInputElement) {
      event.preventDefault();
      // Enter means what is written, never what was found for the letters before.
      if (found?.current === true) void add(rows[chosen]);
    }
  };
  return (
    <div onKeyDown={key} role="presentation">
      <Field
        label="Add a table, job, model, endpoint or pipeline"
        value={text}
        onChange={(typed) => {
          setText(typed);
          setAt(0);
        }}
        placeholder="A few letters, catalog.schema.table, or the number of a job"
        testId="watch-text"
      />
      <p className="sr-only" role="status">
        {found === null ? '' : `${counted(rows.length, 'name', 'names')} found`}
      </p>
      {found === null ? null : (
        <ul className="palette" aria-label="Found" data-testid="watch-found">
          {rows.map((row, index) => (
            <li key={`${row.kind} ${row.name} ${row.asset ?? ''}`}>
              <button
                type="button"
                className={index === chosen ? 'palette-row palette-chosen' : 'palette-row'}
                aria-current={index === chosen}
                onClick={() => void add(row)}
                data-testid="watch-option"
                data-seen={String(row.seen)}
              >
                <span className="strong cut">{row.label}</span>
                <span className="cap cut">{row.detail}</span>
                <span className="push line watch-chips">
                  {row.workspace === null ? null : <Chip>{row.workspace}</Chip>}
                  {row.seen ? null : <Chip>not seen yet</Chip>}
                  {row.watched ? <Chip tone="ok">on the list</Chip> : null}
                  <span className="cap">{row.kind}</span>
                </span>
              </button>
            </li>
          ))}
          {rows.length === 0 ? (
            <li className="cap palette-none">
              Nothing known has this name. Write a table as catalog.schema.table, a job as its number.
            </li>
          ) : null}
          {found.more === 0 ? null : (
            <li className="cap palette-none">{found.more} more; a few more letters narrow it down.</li>
          )}
        </ul>
      )}
    </div>
  );
};
