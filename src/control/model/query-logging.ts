/** A row of the table `queryLogging`: the queries of a hosted zone go to a log. */
export type QueryLogging = {
  /** A UUID. */
  id: string;
  hostedZoneId: string;
  /** Names a directory of log files here, where AWS has a CloudWatch log group. */
  logGroupArn: string;
};

const logGroupArn = /^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:([\w./#-]{1,512})(?::\*)?$/;

export function isLogGroupArn(text: string): boolean {
  return logGroupArn.test(text);
}

/**
 * The directory that stands for a log group, one name for each:
 * `arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/example.com` gives
 * `%2Faws%2Froute53%2Fexample.com`.
 * @param arn one that isLogGroupArn() lets pass
 */
export function queryLogDirectoryName(arn: string): string {
  const group = logGroupArn.exec(arn)?.[1] ?? "unnamed";
  return encodeURIComponent(group).replace(/^\./, "%2E");
}
