import type { ReactNode } from 'react';

const idOf = (title: string): string => `settings-${title.toLowerCase().replaceAll(' ', '-')}`;

export const Section = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <section className="panel settings-section" aria-label={title} id={idOf(title)} tabIndex={-1}>
    <h2 className="panel-title">{title}</h2>
    {children}
  </section>
);

const goTo = (title: string): void => {
  const section = document.getElementById(idOf(title));
  section?.scrollIntoView({ block: 'start' });
  section?.focus({ preventScroll: true });
};

/** One press to each section, beside them where there is room. */
export const SectionNav = ({ titles }: { readonly titles: readonly string[] }) => (
  <nav className="settings-nav" aria-label="Sections of the settings">
    <ul>
      {titles.map((title) => (
        <li key={title}>
          <button type="button" className="settings-jump" onClick={() => goTo(title)}>
            {title}
          </button>
        </li>
      ))}
    </ul>
  </nav>
);
