const form = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;

/** Whether a text looks like the name of an AWS region: `us-east-1`, `us-gov-west-1`. */
export function isRegionName(text: string): boolean {
  return form.test(text);
}
