import { store } from '../../../main/store/db.ts';
export const view = store;
