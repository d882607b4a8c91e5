/** What other rooms use of the practice lakehouse: how to find, start, steer and end it. The lakehouse itself runs in its own process. */
export {
  controlPractice,
  findOrStartPractice,
  findPractice,
  resetPractice,
  stopPractice,
  type LaunchOptions,
  type PracticeAddress,
  type PracticeFailure,
} from './launch.ts';
export { tokenFor } from './tokens.ts';
