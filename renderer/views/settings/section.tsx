import type { ReactNode } from 'react';

export const Section = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <section className="panel settings-section" aria-label={title}>
    <h2 className="panel-title">{title}</h2>
    {children}
  </section>
);
