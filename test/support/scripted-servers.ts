import type { Message, ResourceRecord } from "../../src/dns/wire/message.ts";
import { formatName, rootName } from "../../src/dns/wire/name.ts";
import { CLASS, OPCODE, RCODE, typeToText } from "../../src/dns/wire/registries.ts";
import { ZoneFileReader } from "../../src/dns/zonefile/zone-file-reader.ts";
import { UpstreamError } from "../../src/resolver/upstream/upstream.ts";
import type {
  Upstream,
  UpstreamAnswer,
  UpstreamQuery,
} from "../../src/resolver/upstream/upstream.ts";

/** What a scripted server says: records of master-file text, by section. */
export type Script = {
  rcode?: number;
  answer?: string;
  authority?: string;
  additional?: string;
  ad?: boolean;
  /** No answer comes: this is what the question ends with. */
  fails?: "timeout" | "unreachable";
};

/** Servers of tests: says what it is told to, at once or when it is let go. */
export class ScriptedServers implements Upstream {
  /** Every question that was asked: `example.com. A @192.0.2.1`. */
  readonly asked: string[] = [];
  readonly queries: UpstreamQuery[] = [];
  isHeld = false;
  readonly #scripts = new Map<string, Script>();
  #waiting: (() => void)[] = [];
  #default: (question: string, query: UpstreamQuery) => Script = () => ({
    rcode: RCODE.REFUSED,
  });

  /** @param question `example.com. A`, optionally with ` @ADDRESS` of the first target */
  says(question: string, script: Script): void {
    this.#scripts.set(question, script);
  }

  /** What is said to all other questions. */
  otherwise(script: (question: string, query: UpstreamQuery) => Script): void {
    this.#default = script;
  }

  /** Lets what waits go on. */
  release(): void {
    this.isHeld = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async ask(query: UpstreamQuery): Promise<UpstreamAnswer> {
    const { question, targets } = query;
    const [target] = targets;
    if (!target) throw new UpstreamError([]);
    const text = `${formatName(question.name)} ${typeToText(question.type)}`;
    this.asked.push(`${text} @${target.address}`);
    this.queries.push(query);
    if (this.isHeld) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    const script =
      this.#scripts.get(`${text} @${target.address}`) ??
      this.#scripts.get(text) ??
      this.#default(text, query);
    if (script.fails) throw new UpstreamError([{ target, failure: script.fails }]);
    return { message: messageOf(query, script), target, tookMs: 1 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function messageOf({ question }: UpstreamQuery, script: Script): Message {
  return {
    ...{ id: 0, opcode: OPCODE.QUERY, rcode: script.rcode ?? RCODE.NOERROR },
    flags: { qr: true, ra: true, rd: true, ad: script.ad ?? false },
    questions: [question],
    answer: recordsOf(script.answer),
    authority: recordsOf(script.authority),
    additional: recordsOf(script.additional),
  };
}

/** Records of master-file text with absolute names, in their order. */
export function recordsOf(text = ""): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  const reader = new ZoneFileReader({
    origin: rootName,
    defaultTtl: 300,
    onRecord({ owner, type, ttl, rdata }) {
      records.push({ owner: owner.slice(), type, class: CLASS.IN, ttl, rdata: rdata.slice() });
    },
    onError({ message, line }) {
      throw new Error(`line ${line}: ${message}`);
    },
  });
  reader.push(`${text}\n`);
  reader.end();
  return records;
}
