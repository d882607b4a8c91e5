import { useState } from 'react';
import { act, saveText } from '../../actions/index.ts';
import { Button, CopyText, Dialog, Field } from '../../kit/index.ts';
import './check-list.css';

/** Everything that an administrator runs, with its undo: to copy or to save. Breakwater runs none of it. */
export const AdminSql = () => {
  const [open, setOpen] = useState(false);
  const [principal, setPrincipal] = useState('account users');
  const [share, setShare] = useState('');
  const [sql, setSql] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const make = async (): Promise<void> => {
    setBusy(true);
    const place = share.trim();
    const answer = await act('setup.sql', { principal: principal.trim(), ...(place === '' ? {} : { share: place }) });
    setBusy(false);
    setSql(answer?.sql ?? null);
  };
  return (
    <>
      <Button
        onPress={() => {
          setOpen(true);
          void make();
        }}
        data-testid="admin-sql"
      >
        SQL for an administrator
      </Button>
      <Dialog
        title="SQL for an administrator"
        open={open}
        onClose={() => setOpen(false)}
        kind="wide"
        foot={
          <>
            <Button isDisabled={busy || principal.trim() === ''} onPress={() => void make()} data-testid="admin-make">
              Make it again
            </Button>
            <Button
              tone="primary"
              isDisabled={sql === null}
              onPress={() => saveText('breakwater-setup.sql', sql ?? '')}
              data-testid="admin-save"
            >
              Save as a file
            </Button>
          </>
        }
      >
        <div className="admin-sql">
          <p className="cap">
            Grants for every source of facts with what each is for, schemas to switch on, and the undo of all of it.
            Breakwater runs none of it.
          </p>
          <div className="line admin-fields">
            <Field
              label="For whom: a group or a user"
              value={principal}
              onChange={setPrincipal}
              testId="admin-principal"
            />
            <Field
              label="Schema of a share, if there is to be one"
              mono
              value={share}
              onChange={setShare}
              placeholder="catalog.schema"
              testId="admin-share"
            />
          </div>
          {sql === null ? null : (
            <div className="check-sql admin-text" data-testid="admin-text">
              <CopyText block text={sql} />
            </div>
          )}
        </div>
      </Dialog>
    </>
  );
};
