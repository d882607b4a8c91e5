/** What follows the first " in " says where: names of workspaces hold commas as well. */
const whereSaid = /\sin\s.*$/is;

/**
 * The first line that may be meant as several names: it holds a comma or a semicolon outside of backticks. Null = none does. Such a
 * line is one name all the same, since names may hold them.
 */
export const severalInOne = (text: string): string | null =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => /[,;]/.test(line.replace(/`[^`]*`/g, '').replace(whereSaid, ''))) ?? null;
