import { useState } from 'react';
import type { Lineage, Room } from '../../../shared/contract/room.ts';
import { act } from '../../actions/index.ts';
import { Button, Choose, Dialog, Field } from '../../kit/index.ts';
import { useModel } from '../../model/index.ts';
import { useNow, useTimes } from '../common/use.ts';

type Props = { readonly room: Room; readonly lineage: Lineage; readonly open: boolean; readonly onClose: () => void };
type Way = 'into' | 'out' | 'between';
const ways: readonly { readonly id: Way; readonly label: string }[] = [
  { id: 'into', label: 'Something outside goes into an asset' },
  { id: 'out', label: 'An asset goes into something outside' },
  { id: 'between', label: 'One asset goes into another' },
];

/** What no source of lineage knows, declared by a person: a system outside with its owner, or a way of data; and taking it back. */
export const DeclareDialog = ({ room, lineage, open, onClose }: Props) => (
  <Dialog title="Declare lineage by hand" open={open} onClose={onClose} kind="wide">
    {open ? <DeclareForm room={room} lineage={lineage} onDone={onClose} /> : null}
    {open ? <Standing room={room} lineage={lineage} /> : null}
  </Dialog>
);

const DeclareForm = ({
  room,
  lineage,
  onDone,
}: {
  readonly room: Room;
  readonly lineage: Lineage;
  readonly onDone: () => void;
}) => {
  const selection = useModel((model) => model.selection);
  const chosen = lineage.nodes.find((node) => selection.assets.includes(node.id));
  const [way, setWay] = useState<Way>('into');
  const [name, setName] = useState('');
  const [owner, setOwner] = useState('');
  const [contact, setContact] = useState('');
  const [note, setNote] = useState('');
  const [asset, setAsset] = useState<string | null>(chosen?.id ?? lineage.nodes[0]?.id ?? null);
  const [other, setOther] = useState<string | null>(null);
  const options = lineage.nodes.map((node) => ({
    id: node.id,
    label: node.detail === '' ? node.name : `${node.name}, ${node.detail}`,
  }));
  const ready = asset !== null && (way === 'between' ? other !== null && other !== asset : name.trim() !== '');
  const save = async (): Promise<void> => {
    if (asset === null) return;
    const text = (value: string, key: string) => (value.trim() === '' ? {} : { [key]: value.trim() });
    const outside = { name: name.trim(), ...text(owner, 'owner'), ...text(contact, 'contact') };
    const ends =
      way === 'between'
        ? { from: asset, to: other ?? asset }
        : { outside, ...(way === 'into' ? { to: asset } : { from: asset }) };
    if ((await act('lineage.declare', { log: room.log, ...ends, ...text(note, 'note') })) !== null) onDone();
  };
  return (
    <>
      <Choose
        label="What is missing on the map"
        value={way}
        options={ways}
        onChange={(id) => setWay(ways.find((one) => one.id === id)?.id ?? way)}
      />
      {way === 'between' ? null : (
        <>
          <Field
            label="What is outside Databricks"
            value={name}
            onChange={setName}
            placeholder="SAP ERP, price list"
            first
            testId="declare-name"
          />
          <Field label="Owner" value={owner} onChange={setOwner} placeholder="who answers for it" />
          <Field label="Contact" value={contact} onChange={setContact} placeholder="how to reach them" />
        </>
      )}
      <Choose
        label={way === 'into' ? 'The asset that it goes into' : 'The asset that it comes from'}
        value={asset}
        options={options}
        onChange={setAsset}
        testId="declare-asset"
      />
      {way === 'between' ? (
        <Choose label="The asset that it goes into" value={other} options={options} onChange={setOther} />
      ) : null}
      <Field label="How you know" value={note} onChange={setNote} lines={2} />
      <div className="line">
        <Button
          tone="primary"
          className="push"
          isDisabled={!ready}
          onPress={() => void save()}
          data-testid="declare-save"
        >
          Declare
        </Button>
      </div>
    </>
  );
};

/** What was declared and stands: anybody who may write can take it back; the timeline keeps both. */
const Standing = ({ room, lineage }: { readonly room: Room; readonly lineage: Lineage }) => {
  const now = useNow();
  const times = useTimes();
  const declared = lineage.declared ?? [];
  if (declared.length === 0) return null;
  return (
    <ul className="declared-list" aria-label="Declared and standing">
      {declared.map((one) => (
        <li key={one.id} className="line" data-testid="declared">
          <span>{one.words}</span>
          <span className="cap">{`${one.by.you ? 'you' : one.by.name}, ${times.near(one.at, now)}`}</span>
          <Button
            small
            className="push"
            onPress={() => void act('lineage.withdraw', { log: room.log, declaration: one.id })}
          >
            Take back
          </Button>
        </li>
      ))}
    </ul>
  );
};
