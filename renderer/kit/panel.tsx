import { type ReactNode, useId } from 'react';
import './panel.css';

type Props = {
  readonly title: string;
  /** What the panel covers, beside its title: counts, "facts to …". */
  readonly note?: ReactNode;
  readonly tools?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
  readonly 'data-testid'?: string;
};

/** A titled region with one border. */
export const Panel = ({ title, note, tools, className = '', children, ...rest }: Props) => {
  const id = useId();
  return (
    <section {...rest} className={`panel ${className}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id} className="panel-title">
          {title}
        </h2>
        {note === undefined ? null : <div className="panel-note">{note}</div>}
        {tools === undefined ? null : <div className="panel-tools">{tools}</div>}
      </header>
      {children}
    </section>
  );
};

/** A place without content says what it is for and what to do, never only "nothing". */
export const EmptyState = ({
  title,
  children,
  action,
  heading = false,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  /** The whole place is empty: its title is the heading of the page. */
  readonly heading?: boolean;
}) => (
  <div className="empty">
    {heading ? <h1 className="empty-title">{title}</h1> : <p className="empty-title">{title}</p>}
    {children === undefined ? null : <div className="empty-text">{children}</div>}
    {action}
  </div>
);

/** Quiet bars while the first answer is on its way; local answers come within a frame or two, so it fades in late. */
export const Loading = ({ label, rows = 4 }: { readonly label: string; readonly rows?: number }) => (
  <div className="loading" role="status" aria-label={label}>
    {Array.from({ length: rows }, (_, at) => (
      <span key={at} className="loading-bar" style={{ width: `${88 - ((at * 17) % 40)}%` }} />
    ))}
  </div>
);
