/** Scenarios that a drill can play, by the name that people type. The world of each is made by `world/`. */
export const scenarios: Readonly<Record<string, string>> = {
  'summer-trading':
    'A schema change in a bronze table breaks a feature table, a daily job fails, a model drifts, revenue forecasts go wrong.',
};
