/** The units of CloudWatch, in the order of their numbers in the file: new ones go to the end. */
export const metricUnits: readonly string[] = [
  ...["None", "Seconds", "Microseconds", "Milliseconds"],
  ...["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"],
  ...["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count"],
  ...["Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second"],
  ...["Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second"],
  ...["Gigabits/Second", "Terabits/Second", "Count/Second"],
];

/** -1 where there is no such unit. */
export function unitNumber(unit: string | undefined): number {
  return metricUnits.indexOf(unit ?? "None");
}
