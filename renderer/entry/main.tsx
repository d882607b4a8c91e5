import { connectCore } from '../bridge/connect.ts';
import { start } from './start.tsx';

const root = document.getElementById('root');
if (root !== null) start(root, connectCore(window));
