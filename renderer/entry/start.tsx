import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { attach, type Bridge } from '../actions/index.ts';
import { App } from '../views/index.ts';

/** Put the window on the page over a line to the core. */
export const start = (root: HTMLElement, bridge: Bridge): void => {
  attach(bridge);
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
};
