import type { ReactElement, ReactNode } from 'react';
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import './overlay.css';

export type MenuEntry = {
  readonly id: string;
  readonly label: string;
  readonly icon?: ReactNode;
  readonly note?: string;
  readonly disabled?: boolean;
  readonly testId?: string;
  readonly act: () => void;
};

/** The rest of what can be done here. */
export const Menu = ({
  label,
  trigger,
  entries,
}: {
  readonly label: string;
  readonly trigger: ReactElement;
  readonly entries: readonly MenuEntry[];
}) => (
  <MenuTrigger>
    {trigger}
    <Popover className="menu-pop" placement="bottom end" offset={4}>
      <AriaMenu
        className="menu"
        aria-label={label}
        disabledKeys={entries.filter((one) => one.disabled === true).map((one) => one.id)}
        onAction={(key) => entries.find((one) => one.id === key)?.act()}
      >
        {entries.map((one) => (
          <MenuItem key={one.id} id={one.id} textValue={one.label} className="menu-item" data-testid={one.testId}>
            {one.icon}
            <span>{one.label}</span>
            {one.note === undefined ? null : <span className="menu-note">{one.note}</span>}
          </MenuItem>
        ))}
      </AriaMenu>
    </Popover>
  </MenuTrigger>
);
