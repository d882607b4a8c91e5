import { X } from 'lucide-react';
import type { Failure } from '../../shared/base/failure.ts';
import { IconButton } from './button.tsx';
import { ErrorCard } from './error-card.tsx';
import './toasts.css';

export type Toast = { readonly id: number; readonly text: string; readonly failure: Failure | null };

/** News that float: said politely, kept until closed when something failed. */
export const Toasts = ({
  toasts,
  onClose,
}: {
  readonly toasts: readonly Toast[];
  readonly onClose: (id: number) => void;
}) => (
  <div className="toasts" role="status" aria-live="polite" aria-label="News">
    {toasts.map((toast) => (
      <div key={toast.id} className="toast" data-testid="toast">
        {toast.failure === null ? <p>{toast.text}</p> : <ErrorCard failure={toast.failure} />}
        <IconButton label="Close this message" onPress={() => onClose(toast.id)}>
          <X size={15} strokeWidth={1.75} />
        </IconButton>
      </div>
    ))}
  </div>
);
