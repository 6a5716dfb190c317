/**
 * Pearson's test that counts follow a distribution: the chance of counts at least as far off as
 * these if they do. Far below 0.001 says that they do not; with seeded draws it is always the same.
 * @param expected counts to be expected, each 5 or more
 */
export function chiSquareChance(observed: readonly number[], expected: readonly number[]): number {
  const statistic = expected.reduce((sum, count, index) => {
    return sum + ((observed[index] ?? 0) - count) ** 2 / count;
  }, 0);
  return upperTail(statistic, expected.length - 1);
}

/** Of the chi-square distribution, by the cube root's near normality (Wilson and Hilferty 1931). */
function upperTail(statistic: number, degrees: number): number {
  if (degrees <= 0) return 1;
  const spread = 2 / (9 * degrees);
  const z = (Math.cbrt(statistic / degrees) - (1 - spread)) / Math.sqrt(spread);
  return normalUpperTail(z);
}

/** Abramowitz and Stegun 26.2.17, good to 10^−7. */
function normalUpperTail(z: number): number {
  if (z < 0) return 1 - normalUpperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const series =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}
