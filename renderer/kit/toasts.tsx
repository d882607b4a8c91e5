import { X } from 'lucide-react';
import { useEffect } from 'react';
import type { Failure } from '../../shared/base/failure.ts';
import { IconButton } from './button.tsx';
import { ErrorCard } from './error-card.tsx';
import './toasts.css';

export type Toast = { readonly id: number; readonly text: string; readonly failure: Failure | null };

type Close = (id: number) => void;
/** Plain news goes by itself; what failed stays until it is closed. */
const newsMs = 7_000;

/** News that float: said politely, kept until closed when something failed. */
export const Toasts = ({ toasts, onClose }: { readonly toasts: readonly Toast[]; readonly onClose: Close }) => (
  <div className="toasts" role="status" aria-live="polite" aria-label="News">
    {toasts.map((toast) => (
      <OneToast key={toast.id} toast={toast} onClose={onClose} />
    ))}
  </div>
);

const OneToast = ({ toast, onClose }: { readonly toast: Toast; readonly onClose: Close }) => {
  const { id, failure } = toast;
  useEffect(() => {
    if (failure !== null) return;
    const timer = setTimeout(() => onClose(id), newsMs);
    return () => clearTimeout(timer);
  }, [id, failure, onClose]);
  return (
    <div className="toast" data-testid="toast">
      {failure === null ? <p>{toast.text}</p> : <ErrorCard failure={failure} />}
      <IconButton label="Close this message" onPress={() => onClose(id)}>
        <X size={15} strokeWidth={1.75} />
      </IconButton>
    </div>
  );
};
