/** What a person may choose that the user of the practice lakehouse sees (main/practice/README.md; the lakehouse picks what "little" is). */
export const practiceRights = ['everything', 'no-system-tables', 'little'] as const;
export type PracticeRights = (typeof practiceRights)[number];
