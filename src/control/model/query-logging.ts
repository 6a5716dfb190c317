/** A row of the table `queryLogging`: the queries of a hosted zone go to a log. */
export type QueryLogging = {
  /** A UUID. */
  id: string;
  hostedZoneId: string;
  /** Names a file here, where AWS has a CloudWatch log group. */
  logGroupArn: string;
};

const logGroupArn = /^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:([\w./#-]{1,512})(?::\*)?$/;

export function isLogGroupArn(text: string): boolean {
  return logGroupArn.test(text);
}

/**
 * The name of the file that stands for a log group: its name, without a path.
 * `arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/example.com` gives
 * `aws_route53_example.com.jsonl`.
 * @param arn one that isLogGroupArn() lets pass
 */
export function queryLogFileName(arn: string): string {
  const group = logGroupArn.exec(arn)?.[1] ?? "unnamed";
  const plain = group.replaceAll("/", "_").replace(/^[._]+/, "");
  return `${plain || "unnamed"}.jsonl`;
}
