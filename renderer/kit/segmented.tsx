import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import './segmented.css';

type Option<T extends string> = { readonly id: T; readonly label: string; readonly testId?: string };

/** One of a few, all visible. */
export const Segmented = <T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
}) => (
  <ToggleButtonGroup
    aria-label={label}
    className="segmented"
    selectionMode="single"
    disallowEmptySelection
    selectedKeys={[value]}
    onSelectionChange={(keys) => {
      const chosen = options.find((option) => keys.has(option.id));
      if (chosen !== undefined) onChange(chosen.id);
    }}
  >
    {options.map((option) => (
      <ToggleButton key={option.id} id={option.id} className="segment" data-testid={option.testId}>
        {option.label}
      </ToggleButton>
    ))}
  </ToggleButtonGroup>
);
