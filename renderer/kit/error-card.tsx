import { Copy } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import type { Failure } from '../../shared/base/failure.ts';
import { IconButton } from './button.tsx';
import './error-card.css';

/** What happened, what is safe, what to do; the code is copyable below, never alone. */
export const ErrorCard = ({
  failure,
  action,
  quiet = false,
  dense = false,
}: {
  readonly failure: Pick<Failure, 'tag' | 'what' | 'safe' | 'advice'> & { readonly code?: string | undefined };
  readonly action?: ReactNode;
  readonly quiet?: boolean;
  /** Two lines where there is room for them: for what stands above every place. */
  readonly dense?: boolean;
}) => (
  <div
    className={`error-card${quiet ? ' error-quiet' : ''}${dense ? ' error-dense' : ''}`}
    role="group"
    aria-label="What went wrong"
  >
    <p className="error-what">{failure.what}</p>
    <p className="error-line">{failure.safe}</p>
    <p className="error-line">{failure.advice}</p>
    <div className="line">
      <CopyText text={failure.code === undefined ? failure.tag : `${failure.tag} ${failure.code}`} />
      {action}
    </div>
  </div>
);

/** An identifier or a command to take along. */
export const CopyText = ({ text, block = false }: { readonly text: string; readonly block?: boolean }) => {
  const shown = useRef<HTMLElement>(null);
  // Where the clipboard is denied, the text is marked instead: then the keyboard copies it.
  const mark = (): void => {
    if (shown.current !== null) window.getSelection()?.selectAllChildren(shown.current);
  };
  return (
    <span className={block ? 'copy copy-block' : 'copy'}>
      <code className="mono" ref={shown}>
        {text}
      </code>
      <IconButton
        label={`Copy ${block ? 'the command' : text}`}
        onPress={() => void navigator.clipboard.writeText(text).catch(mark)}
      >
        <Copy size={14} strokeWidth={1.75} />
      </IconButton>
    </span>
  );
};
