import { isLogGroupArn, queryLogDirectoryName } from "./query-logging.ts";

/** A row of the table `resolverQueryLogConfig`: where queries of VPCs are logged. */
export type ResolverQueryLogConfig = {
  /** `rqlc-` and 17 hexadecimal digits. */
  id: string;
  name: string;
  creatorRequestId: string;
  /** Names a directory of log files here, see queryLogDestination(). */
  destinationArn: string;
  /** ISO 8601. */
  createdAt: string;
};

/** A row of the table `resolverQueryLogAssociation`: the queries of a VPC go there. */
export type ResolverQueryLogAssociation = {
  /** `rqlca-` and 17 hexadecimal digits. */
  id: string;
  configId: string;
  vpcId: string;
  createdAt: string;
};

/** What a destination's ARN stands for. */
export type QueryLogDestination = {
  service: "CloudWatchLogs" | "S3" | "KinesisFirehose";
  /**
   * The directory of its files: service, hyphen, name with all but letters, digits and `-_.!~*'()`
   * percent-encoded; one path component, one for each name.
   */
  directory: string;
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, and a prefix. */
const bucketArn = /^arn:aws[a-z-]*:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w!.*'()/-]*)?)$/;
const streamArn =
  /^arn:aws[a-z-]*:(?:firehose|kinesis):[a-z0-9-]+:\d{12}:(?:deliverystream|stream)\/([\w.-]{1,64})$/;

/** Octets of a name of a file or directory on the usual file systems. */
const directorySizeMax = 255;

/**
 * What the ARN of a log group, bucket or delivery stream stands for:
 * `arn:aws:s3:::example-logs/dns/` gives `s3-example-logs%2Fdns`.
 * @returns `undefined` for any other ARN, and where the directory's name would be too long
 */
export function queryLogDestination(arn: string): QueryLogDestination | undefined {
  const destination = destinationOf(arn);
  return destination && destination.directory.length <= directorySizeMax ? destination : undefined;
}

function destinationOf(arn: string): QueryLogDestination | undefined {
  if (isLogGroupArn(arn)) {
    return { service: "CloudWatchLogs", directory: `logs-${queryLogDirectoryName(arn)}` };
  }
  const bucket = bucketArn.exec(arn)?.[1];
  if (bucket !== undefined) {
    const name = encodeURIComponent(bucket.replace(/\/+$/, ""));
    return { service: "S3", directory: `s3-${name}` };
  }
  const stream = streamArn.exec(arn)?.[1];
  return stream === undefined
    ? undefined
    : { service: "KinesisFirehose", directory: `firehose-${stream}` };
}
