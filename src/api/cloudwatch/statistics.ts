const simple = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];
const percent = String.raw`(?:\d{1,2}(?:\.\d{1,10})?|100)`;
const bound = String.raw`(?:${percent}%|\d+(?:\.\d+)?)`;
const extended = new RegExp(
  `^(?:iqm|(?:p|tm|tc|ts|wm)${percent}|(?:tm|tc|ts|wm|pr)\\((?:${bound}:${bound}?|:${bound})\\))$`,
  "i",
);

/** `p99.9`, `tm90`, `IQM`, `TM(10%:90%)`, `PR(:300)`: what needs the distribution of the values. */
export function isExtendedStatistic(text: string): boolean {
  return extended.test(text);
}

export function isStatistic(text: string): boolean {
  return simple.includes(text) || isExtendedStatistic(text);
}
