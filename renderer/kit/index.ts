import './tokens.css';
import './base.css';

export { Badge, Chip, Count, Dot, Mark, type Tone } from './badge.tsx';
export { Button, IconButton, Kbd } from './button.tsx';
export { Dialog } from './dialog.tsx';
export { CopyText, ErrorCard } from './error-card.tsx';
export { Choose, Field, MomentField, Tick } from './field.tsx';
export { Menu, type MenuEntry } from './menu.tsx';
export { counted, fileSize, middleCut } from './middle-cut.ts';
export { EmptyState, Loading, Panel } from './panel.tsx';
export { Segmented } from './segmented.tsx';
export { type Shortcuts, useShortcuts } from './shortcuts.ts';
export { Splitter } from './splitter.tsx';
export { age, ago, countdown, createTimes, localZone, span, type Times, withMoments } from './times.ts';
export { type Toast, Toasts } from './toasts.tsx';
export { VirtualList } from './virtual-list.tsx';
