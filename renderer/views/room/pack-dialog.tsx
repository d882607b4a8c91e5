import { useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { Room } from '../../../shared/contract/room.ts';
import type { CallFailure } from '../../../shared/contract/wire.ts';
import { call } from '../../actions/index.ts';
import {
  Button,
  Chip,
  CopyText,
  counted,
  Dialog,
  ErrorCard,
  Field,
  fileSize,
  Loading,
  VirtualList,
} from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';

type Preview = CallOutput<'pack.preview'>;
type Done = CallOutput<'pack.export'>;
/** What was pressed is gone when the result comes: the result takes the focus, so that Escape still closes. */
const takeFocus = (result: HTMLElement | null): void => result?.focus();

/** The evidence pack: what goes in as a ledger, what is held back and why, then the commands that an auditor types. */
export const PackDialog = ({ room }: { readonly room: Room }) => {
  const open = useModel((model) => model.layer === 'pack');
  const show = useModel((model) => model.show);
  return (
    <Dialog title="Evidence pack" kind="wide" open={open} onClose={() => show('none')}>
      {open ? <Pack log={room.log} /> : null}
    </Dialog>
  );
};

const Pack = ({ log }: { readonly log: string }) => {
  const [preview, setPreview] = useState<Preview | null>(null);
  const [failure, setFailure] = useState<CallFailure | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const [purpose, setPurpose] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let wanted = true;
    void call('pack.preview', { log }).then((answer) => {
      if (!wanted) return;
      if (answer.ok) setPreview(answer.value);
      else setFailure(answer.error);
    });
    return () => {
      wanted = false;
    };
  }, [log]);
  const make = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    const answer = await call('pack.export', { log, ...(purpose.trim() === '' ? {} : { purpose: purpose.trim() }) });
    setBusy(false);
    if (answer.ok) setDone(answer.value);
    else setFailure(answer.error);
  };
  if (done !== null) return <Result done={done} />;
  return (
    <>
      {failure === null ? null : <ErrorCard failure={failure} />}
      {preview === null ? (
        failure === null ? (
          <Loading label="Counting what goes in" />
        ) : null
      ) : (
        <Contents preview={preview} />
      )}
      <Field
        label="For whom and why (written into the pack)"
        value={purpose}
        onChange={setPurpose}
        testId="pack-purpose"
      />
      <div className="line">
        <span className="cap">The export itself becomes an entry of this room.</span>
        <Button
          tone="primary"
          className="push"
          isDisabled={preview === null || busy}
          onPress={() => void make()}
          data-testid="pack-make"
        >
          {busy ? 'Writing the pack' : 'Export'}
        </Button>
      </div>
    </>
  );
};

const Contents = ({ preview }: { readonly preview: Preview }) => (
  <>
    <p className="pack-sum">
      <span className="clock-value">{preview.events.toLocaleString('en-GB')}</span> events of{' '}
      <span className="clock-value">{preview.devices}</span> {preview.devices === 1 ? 'device' : 'devices'}
      {preview.notAttested === 0 ? null : (
        <Chip tone="warn">{counted(preview.notAttested, 'device', 'devices')} not attested</Chip>
      )}
    </p>
    {preview.warnings.length + preview.absentBlobs.length === 0 ? null : (
      <ul className="notice" aria-label="Warnings">
        {preview.warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
        {preview.absentBlobs.map((name) => (
          <li key={`absent ${name}`}>
            {name}: the file is on another device; the pack names it with its hash and does not hold it.
          </li>
        ))}
      </ul>
    )}
    <div className="dialog-list pack-list">
      <VirtualList
        label="What goes in"
        items={preview.lines}
        keyOf={(line) => line.path}
        estimate={32}
        render={(line) => (
          <div className="list-row">
            <code className="mono cut">{line.path}</code>
            <span className="cap cut">{line.what}</span>
            {line.withheld === null ? null : <Chip tone="warn">withheld: {line.withheld}</Chip>}
            <span className="push cap">{fileSize(line.size)}</span>
          </div>
        )}
      />
    </div>
  </>
);

const Result = ({ done }: { readonly done: Done }) => (
  <div
    className="stack"
    tabIndex={-1}
    ref={takeFocus}
    data-testid="pack-result"
    data-file={done.file}
    data-sha256={done.sha256}
    data-signers={done.signersFile}
  >
    <p>
      Written, {fileSize(done.size)}.{' '}
      {
        done.download === null ? null : <a href={done.download} download data-testid="pack-download">Save a copy</a> /* prettier-ignore */
      }
    </p>
    <dl className="stack">
      <div>
        <dt className="label">Pack</dt>
        <dd>
          <CopyText text={done.file} />
        </dd>
      </div>
      <div>
        <dt className="label">SHA-256</dt>
        <dd>
          <CopyText text={done.sha256} />
        </dd>
      </div>
      <div>
        <dt className="label">Signers file, hand it over by another way than the pack</dt>
        <dd>
          <CopyText text={done.signersFile} />
        </dd>
      </div>
      <div>
        <dt className="label">Fingerprint of the signer, to be read out</dt>
        <dd className="mono">{done.fingerprint}</dd>
      </div>
    </dl>
    <p className="label">What the auditor types</p>
    {done.commands.map((command) => (
      <CopyText key={command} text={command} block />
    ))}
  </div>
);
