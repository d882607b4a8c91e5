import { createContext, useContext } from 'react';

/** Which small dialog of the room is open; the summary is edited in place. */
export type RoomDialog = 'none' | 'title' | 'class' | 'harm' | 'commander' | 'update' | 'offline' | 'summary';
export const RoomDialogContext = createContext<{
  readonly open: RoomDialog;
  readonly set: (dialog: RoomDialog) => void;
}>({
  open: 'none',
  set: () => undefined,
});
export const useRoomDialog = () => useContext(RoomDialogContext);
