import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { IconButton } from './button.tsx';
import './overlay.css';

type Props = {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  /** `drawer` stands at the right edge; `wide` holds lists. */
  readonly kind?: 'card' | 'wide' | 'drawer' | 'top';
  readonly children: ReactNode;
  readonly foot?: ReactNode;
};

/** A dialog: focus goes in and comes back, Escape and a press outside close it. */
export const Dialog = ({ title, open, onClose, kind = 'card', children, foot }: Props) => (
  <ModalOverlay
    isOpen={open}
    onOpenChange={(next) => {
      if (!next) onClose();
    }}
    isDismissable
    className={`overlay overlay-${kind}`}
  >
    <Modal className={`modal modal-${kind}`}>
      <AriaDialog className="dialog">
        <header className="dialog-head">
          <Heading slot="title" className="dialog-title">
            {title}
          </Heading>
          <IconButton label="Close" kbd="Esc" onPress={onClose}>
            <X size={16} strokeWidth={1.75} />
          </IconButton>
        </header>
        <div className="dialog-body">{children}</div>
        {foot === undefined ? null : <footer className="dialog-foot">{foot}</footer>}
      </AriaDialog>
    </Modal>
  </ModalOverlay>
);
