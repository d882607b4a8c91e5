import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  Button, Checkbox, FieldError, Input, Label, ListBox, ListBoxItem, Popover, Select, SelectValue, Text, TextArea, TextField,
} from 'react-aria-components'; // prettier-ignore
import './field.css';

type TextProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly error?: string | null;
  readonly placeholder?: string;
  readonly lines?: number;
  readonly mono?: boolean;
  readonly secret?: boolean;
  readonly required?: boolean;
  readonly hideLabel?: boolean;
  readonly disabled?: boolean;
  /** Takes the focus when it appears: for the one field that a dialog is opened for. */
  readonly first?: boolean;
  readonly testId?: string;
};

const takeFocus = (input: HTMLElement | null): void => input?.focus();

/** A labelled line or box of text. */
export const Field = (props: TextProps) => {
  const {
    label,
    value,
    onChange,
    hint,
    error,
    placeholder = '',
    lines = 1,
    mono = false,
    secret = false,
    testId,
  } = props;
  const input = `input${mono ? ' mono' : ''}`;
  const focus = props.first === true ? { ref: takeFocus } : {};
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined && error !== null}
      isRequired={props.required === true}
      isDisabled={props.disabled === true}
      type={secret ? 'password' : 'text'}
    >
      <Label className={props.hideLabel === true ? 'sr-only' : 'label'}>{label}</Label>
      {lines > 1 ? (
        <TextArea {...focus} className={input} rows={lines} placeholder={placeholder} data-testid={testId} />
      ) : (
        <Input
          {...focus}
          className={input}
          placeholder={placeholder}
          data-testid={testId}
          autoComplete="off"
          spellCheck={!mono}
        />
      )}
      {hint === undefined ? null : (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="hint tone-bad">{error}</FieldError>
    </TextField>
  );
};

type Choice = { readonly id: string; readonly label: string; readonly note?: string };

/** One of many. */
export const Choose = ({
  label,
  value,
  options,
  onChange,
  hideLabel = false,
  placeholder = 'choose',
  testId,
}: {
  readonly label: string;
  readonly value: string | null;
  readonly options: readonly Choice[];
  readonly onChange: (id: string) => void;
  readonly hideLabel?: boolean;
  readonly placeholder?: string;
  readonly testId?: string;
}) => (
  <Select
    className="field"
    value={value}
    onChange={(key) => {
      if (key !== null) onChange(String(key));
    }}
    placeholder={placeholder}
  >
    <Label className={hideLabel ? 'sr-only' : 'label'}>{label}</Label>
    <Button className="input select" data-testid={testId}>
      <SelectValue className="cut" />
      <ChevronDown size={15} strokeWidth={1.75} aria-hidden />
    </Button>
    <Popover className="menu-pop" offset={4}>
      <ListBox className="menu">
        {options.map((option) => (
          <ListBoxItem key={option.id} id={option.id} textValue={option.label} className="menu-item">
            <span>{option.label}</span>
            {option.note === undefined ? null : <span className="menu-note">{option.note}</span>}
          </ListBoxItem>
        ))}
      </ListBox>
    </Popover>
  </Select>
);

/** Yes or no, as a box with a tick. */
export const Tick = ({
  on,
  onChange,
  label,
  hideLabel = false,
  disabled = false,
  testId,
}: {
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly label: ReactNode;
  readonly hideLabel?: boolean;
  readonly disabled?: boolean;
  readonly testId?: string;
}) => (
  <Checkbox
    className="tick"
    isSelected={on}
    onChange={onChange}
    isDisabled={disabled}
    data-testid={testId}
    {...(hideLabel ? { 'aria-label': typeof label === 'string' ? label : 'choose' } : {})}
  >
    <span className="tick-box" aria-hidden="true">
      {on ? <Check size={12} strokeWidth={3} /> : null}
    </span>
    {hideLabel ? null : <span>{label}</span>}
  </Checkbox>
);

/** A moment as the platform's own date and time control; the value has no zone, the zone stands beside it. */
export const MomentField = ({
  label,
  value,
  onChange,
  zone,
  hideLabel = false,
  testId,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly zone: string;
  readonly hideLabel?: boolean;
  readonly testId?: string;
}) => (
  <label className="field">
    <span className={hideLabel ? 'sr-only' : 'label'}>
      {label} <span className="cap">{zone}</span>
    </span>
    <input
      className="input moment"
      type="datetime-local"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      data-testid={testId}
    />
  </label>
);
