import { Dialog, Kbd } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';

const sheet: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  ['Everywhere', [['Ctrl K', 'go to anything'], ['1 to 5', 'places'], ['?', 'this sheet'], ['Esc', 'close, or clear the selection']]],
  ['Room', [['N', 'write an entry'], ['/', 'search the timeline'], ['J  K', 'next and previous entry'], ['[  ]', 'earlier and later fact'], ['L', 'lineage fills the room'], ['T', 'timeline fills the room'], ['H', 'what happened fills the room'], ['E', 'export the evidence pack'], ['U', 'write Know, Don’t, Next']]],
  ['Inbox', [['J  K', 'next and previous'], ['Enter', 'open the room'], ['D', 'decline']]],
  ['Writing', [['Enter', 'save a note or task'], ['Shift Enter', 'new line'], ['Ctrl Enter', 'save anything']]],
]; // prettier-ignore

export const ShortcutsSheet = () => {
  const open = useModel((model) => model.layer === 'shortcuts');
  const show = useModel((model) => model.show);
  return (
    <Dialog title="Keys" kind="wide" open={open} onClose={() => show('none')}>
      <div className="keys">
        {sheet.map(([title, rows]) => (
          <section key={title}>
            <h3 className="strong">{title}</h3>
            <dl className="keys-list">
              {rows.map(([key, what]) => (
                <div key={key} className="keys-row">
                  <dt>
                    <Kbd>{key}</Kbd>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
};
