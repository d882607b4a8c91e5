import { incidentClasses, severities } from '../../../shared/domain/vocabulary.ts';
import { openByHand } from '../../actions/index.ts';
import { Button, Choose, Dialog, Field, middleCut } from '../../kit/index.ts';
import { selectDraft, store, useModel } from '../../model/index.ts';
import { useStatus } from '../common/use.ts';
import { classWords } from '../common/words.ts';
import { severalInOne } from './affected-lines.ts';

/** Under this name stands what was typed for a new room; others may fill in what it is about. */
export const newRoomDraft = 'new room';

// Names may hold commas and semicolons: only the end of a line ends one.
const hint = 'One a line: names may hold commas. Their versions, columns and runs are read as far as you may see them.';

/** An incident that no detector saw. */
export const NewRoom = ({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) => {
  const draft = useModel(selectDraft(newRoomDraft));
  const { typed, acknowledged } = store.getState();
  const hasOthers = (useStatus()?.workspaces.length ?? 0) > 1;
  const title = draft['title'] ?? '';
  const named = draft['affected'] ?? '';
  const several = severalInOne(named);
  const classOf = incidentClasses.find((one) => one === draft['class']) ?? 'data-quality';
  const severity = severities.find((one) => one === draft['severity']) ?? 'SEV3';
  const make = async (): Promise<void> => {
    const affected = named.split('\n').map((one) => one.trim()).filter((one) => one !== ''); // prettier-ignore
    const about = affected.length === 0 ? {} : { affected };
    if (!(await openByHand({ title: title.trim(), class: classOf, severity, ...about }))) return;
    acknowledged(newRoomDraft, draft);
    onClose();
  };
  return (
    <Dialog
      title="Open a room by hand"
      open={open}
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>Not now</Button>
          <Button tone="primary" isDisabled={title.trim() === ''} onPress={() => void make()} data-testid="room-create">
            Open room
          </Button>
        </>
      }
    >
      <Field
        label="What is wrong, in one line"
        value={title}
        onChange={(text) => typed(newRoomDraft, { title: text })}
        first
        testId="room-title"
        required
      />
      <Choose
        label="Class"
        value={classOf}
        options={incidentClasses.map((id) => ({ id, label: classWords[id] }))}
        onChange={(id) => typed(newRoomDraft, { class: id })}
      />
      <Choose
        label="Severity"
        value={severity}
        options={severities.map((id) => ({ id, label: id }))}
        onChange={(id) => typed(newRoomDraft, { severity: id })}
      />
      <Field
        label="Affected, if known: one a line"
        value={named}
        onChange={(text) => typed(newRoomDraft, { affected: text })}
        lines={3}
        mono
        placeholder="catalog.schema.table, the number of a job, endpoint NAME"
        hint={
          hasOthers ? `${hint} Where several workspaces know a name, say which one is meant: NAME in WORKSPACE.` : hint
        }
        testId="room-affected"
      />
      {several === null ? null : (
        <p className="hint tone-warn" role="status" data-testid="room-affected-one">
          One asset per line: “{middleCut(several, 60)}” is read as one name.
        </p>
      )}
    </Dialog>
  );
};
