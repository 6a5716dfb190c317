import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { TestAnswer, TestQuestion } from "../api/route53/api-context.ts";
import type { ZoneImage } from "../dataplane/image/zone-image.ts";
import type { StatusTable } from "../dataplane/policy/status-table.ts";
import { formatRdata } from "../dns/rdata/rdata.ts";
import { rcodeToText, TYPE, typeFromText } from "../dns/wire/registries.ts";
import { askImage } from "./ask-image.ts";

/** What an answer depends on besides zone and question. */
export type AnswerConditions = {
  status: StatusTable;
  /** Where addresses are (dataplane/geo/layout.ts); null: nobody knows. */
  locations: SharedArrayBuffer | null;
  clock: Clock;
  random: Random;
};

/** Whom the query comes from where the request does not say: a resolver in us-east-1. */
const defaultResolver = Uint8Array.of(3, 208, 0, 1);

/** Answers TestDNSAnswer over the image of the one zone that the question names. */
export function testAnswer(
  image: ZoneImage,
  question: TestQuestion,
  conditions: AnswerConditions,
): TestAnswer {
  const { resolver = defaultResolver } = question;
  const atMs = conditions.clock.nowMs();
  const answer = askImage(image, { ...question, resolver }, { ...conditions, atMs });
  const type = typeFromText(question.type);
  return {
    recordData: answer.message.answer
      .filter((record) => record.type === type || record.type === TYPE.CNAME)
      .map((record) => formatRdata(record.type, record.rdata)),
    responseCode: rcodeToText(answer.message.rcode),
    protocol: answer.protocol,
  };
}
