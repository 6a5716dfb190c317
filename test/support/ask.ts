import { setTimeout as sleep } from "node:timers/promises";
import { present } from "../../src/base/assert.ts";
import { formatRdata } from "../../src/dns/rdata/rdata.ts";
import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import type { Message } from "../../src/dns/wire/message.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { CLASS, OPCODE, RCODE, TYPE, typeFromText } from "../../src/dns/wire/registries.ts";
import { DnsClient } from "./dns-client.ts";

const insyncTimeoutMs = 5_000;

type Server = { address: string; port: number };

/** Asks one question over UDP. @throws Error where no response comes */
export async function ask(server: Server, name: string, type: string): Promise<Message> {
  const question = {
    name: parseName(name),
    type: present(typeFromText(type), `${type} is a type`),
    class: CLASS.IN,
  };
  const query = encodeMessage({
    id: 0,
    opcode: OPCODE.QUERY,
    rcode: RCODE.NOERROR,
    flags: { rd: true },
    questions: [question],
    answer: [],
    authority: [],
    additional: [],
  });
  const client = await DnsClient.open(server);
  try {
    return decodeMessage(present(await client.askUdp(query), `${name} ${type} is answered`));
  } finally {
    client.close();
  }
}

/** The values of the TXT set at a name, as text. */
export async function askTxt(server: Server, name: string): Promise<string[]> {
  const { answer } = await ask(server, name, "TXT");
  return answer.map((record) => formatRdata(TYPE.TXT, record.rdata));
}

/** Asks for TXT values until they are as wanted, as they are once a change is INSYNC. */
export async function untilTxt(server: Server, name: string, wanted: string[]): Promise<void> {
  const deadlineMs = Date.now() + insyncTimeoutMs;
  for (;;) {
    const values = await askTxt(server, name);
    if (JSON.stringify(values) === JSON.stringify(wanted)) return;
    if (Date.now() > deadlineMs) throw new Error(`${name} is ${values}, not ${wanted}`);
    await sleep(5);
  }
}
