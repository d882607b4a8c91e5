import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps, Tooltip, TooltipTrigger } from 'react-aria-components';
import './button.css';

type Tone = 'plain' | 'primary' | 'quiet' | 'link';
type Props = Omit<ButtonProps, 'className' | 'children' | 'style'> & {
  readonly tone?: Tone;
  readonly icon?: ReactNode;
  readonly kbd?: string;
  readonly small?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
};

/** A press. `primary` is the one filled button of a place; a busy button keeps its width and says so to readers. */
export const Button = ({ tone = 'plain', icon, kbd, small = false, className = '', children, ...rest }: Props) => (
  <AriaButton {...rest} className={`btn btn-${tone}${small ? ' btn-small' : ''} ${className}`}>
    {icon}
    <span className="btn-text">{children}</span>
    {kbd === undefined ? null : <Kbd quiet>{kbd}</Kbd>}
  </AriaButton>
);

type IconProps = Omit<ButtonProps, 'className' | 'children' | 'style'> & {
  readonly label: string;
  readonly kbd?: string;
  readonly className?: string;
  readonly children: ReactNode;
};

/** A button that is only a picture: the label is its name and its tooltip. */
export const IconButton = ({ label, kbd, className = '', children, ...rest }: IconProps) => (
  <TooltipTrigger delay={500} closeDelay={0}>
    <AriaButton {...rest} aria-label={label} className={`icon-btn ${className}`}>
      {children}
    </AriaButton>
    <Tooltip className="tooltip" offset={6}>
      {label}
      {kbd === undefined ? null : <Kbd>{kbd}</Kbd>}
    </Tooltip>
  </TooltipTrigger>
);

/** The key that does the same. `quiet`: no part of the name of what it stands on. */
export const Kbd = ({ children, quiet = false }: { readonly children: string; readonly quiet?: boolean }) => (
  <kbd className="kbd" {...(quiet ? { 'aria-hidden': true } : {})}>
    {children}
  </kbd>
);
