export { attachFile, refuseFile, saveAttachment, saveText, toBase64 } from './attach.ts';
export { act, attach, type Bridge, call } from './bridge.ts';
export { follow } from './follow.ts';
export { acceptProposal, declineSignals, loadOlder, openByHand } from './room.ts';
export { type ComposerKind, composerKinds, draftToCommand, sendComposer, sendDraft } from './write.ts';
