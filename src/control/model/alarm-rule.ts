import {
  alarmRuleChildCountMax,
  alarmRuleDepthMax,
  alarmRuleElementCountMax,
  alarmRuleSizeMax,
} from "../../base/limits.ts";
import type { AlarmState } from "./alarm.ts";

/**
 * The rule of a composite alarm: `ALARM(a) AND NOT (OK("b c") OR TRUE)`. NOT binds closest, then
 * AND, then OR; words in capitals or not.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
export type AlarmRuleNode =
  /** Whether the alarm of this name is in this state. */
  | { kind: "state"; state: AlarmState; name: string }
  | { kind: "constant"; value: boolean }
  | { kind: "not"; child: AlarmRuleNode }
  | { kind: "and" | "or"; children: AlarmRuleNode[] };

/** The text is no rule, or has more than a rule may have. */
export class AlarmRuleError extends Error {
  override name = "AlarmRuleError";
}

/** @throws AlarmRuleError */
export function parseAlarmRule(text: string): AlarmRuleNode {
  if (text.length > alarmRuleSizeMax) {
    throw new AlarmRuleError(`The rule has ${text.length} characters, limit ${alarmRuleSizeMax}`);
  }
  return new AlarmRuleParser(text).parse();
}

/** The alarms that a rule looks at, each once. */
export function alarmsOfRule(rule: AlarmRuleNode): string[] {
  return [...new Set(namesIn(rule))];
}

/** `stateOf` tells the state of an alarm; one that is not there has no data. */
export function evaluateAlarmRule(
  rule: AlarmRuleNode,
  stateOf: (name: string) => AlarmState | undefined,
): boolean {
  switch (rule.kind) {
    case "constant":
      return rule.value;
    case "state":
      return (stateOf(rule.name) ?? "INSUFFICIENT_DATA") === rule.state;
    case "not":
      return !evaluateAlarmRule(rule.child, stateOf);
    case "and":
      return rule.children.every((child) => evaluateAlarmRule(child, stateOf));
    case "or":
      return rule.children.some((child) => evaluateAlarmRule(child, stateOf));
  }
}

/** The alarm's name, of a name or an ARN. */
export function alarmNameOf(nameOrArn: string): string {
  return /^arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:(.+)$/s.exec(nameOrArn)?.[1] ?? nameOrArn;
}

function namesIn(rule: AlarmRuleNode): string[] {
  switch (rule.kind) {
    case "constant":
      return [];
    case "state":
      return [rule.name];
    case "not":
      return namesIn(rule.child);
    case "and":
    case "or":
      return rule.children.flatMap(namesIn);
  }
}

const states: ReadonlyMap<string, AlarmState> = new Map([
  ["ALARM", "ALARM"],
  ["OK", "OK"],
  ["INSUFFICIENT_DATA", "INSUFFICIENT_DATA"],
]);

class AlarmRuleParser {
  readonly #text: string;
  readonly #names = new Set<string>();
  #at = 0;
  #elementCount = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): AlarmRuleNode {
    const rule = this.#or();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected("AND, OR or the end");
    return rule;
  }

  #or(): AlarmRuleNode {
    return this.#joined("or", () => this.#and());
  }

  #and(): AlarmRuleNode {
    return this.#joined("and", () => this.#not());
  }

  #joined(kind: "and" | "or", operand: () => AlarmRuleNode): AlarmRuleNode {
    const first = operand();
    const children = [first];
    while (this.#takeWord(kind.toUpperCase())) children.push(operand());
    return children.length === 1 ? first : { kind, children };
  }

  #not(): AlarmRuleNode {
    if (!this.#takeWord("NOT")) return this.#primary();
    return this.#deeper(() => ({ kind: "not", child: this.#not() }));
  }

  #primary(): AlarmRuleNode {
    this.#countElement();
    if (this.#take("(")) {
      const inner = this.#deeper(() => this.#or());
      if (!this.#take(")")) throw this.#unexpected("AND, OR or ')'");
      return inner;
    }
    const word = this.#peekWord();
    if (word === "TRUE" || word === "FALSE") {
      this.#takeWord(word);
      return { kind: "constant", value: word === "TRUE" };
    }
    const state = states.get(word);
    if (state === undefined)
      throw this.#unexpected("ALARM(), OK(), INSUFFICIENT_DATA(), TRUE, FALSE, NOT or '('");
    this.#takeWord(word);
    if (!this.#take("(")) throw this.#unexpected("'('");
    const name = this.#name();
    if (!this.#take(")")) throw this.#unexpected("')'");
    return { kind: "state", state, name };
  }

  /** In quotes, with a backslash before quotes and backslashes in it, or up to the bracket. */
  #name(): string {
    this.#skipSpace();
    const rest = this.#text.slice(this.#at);
    const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(rest);
    const plain = /^[^\s"()](?:[^"()]*[^\s"()])?/.exec(rest);
    const taken = quoted ?? plain;
    if (!taken) throw this.#unexpected("the name of an alarm");
    this.#at += taken[0].length;
    const name = alarmNameOf(quoted ? (quoted[1] ?? "").replace(/\\(.)/gs, "$1") : taken[0]);
    if (name === "") throw this.#unexpected("the name of an alarm");
    this.#names.add(name);
    if (this.#names.size > alarmRuleChildCountMax) {
      throw new AlarmRuleError(`The rule names more than ${alarmRuleChildCountMax} alarms`);
    }
    return name;
  }

  #deeper(f: () => AlarmRuleNode): AlarmRuleNode {
    if (++this.#depth > alarmRuleDepthMax) {
      throw new AlarmRuleError(`The rule is nested deeper than ${alarmRuleDepthMax}`);
    }
    const node = f();
    this.#depth--;
    return node;
  }

  #countElement(): void {
    if (++this.#elementCount <= alarmRuleElementCountMax) return;
    throw new AlarmRuleError(`The rule has more than ${alarmRuleElementCountMax} elements`);
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #take(mark: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(mark, this.#at)) return false;
    this.#at += mark.length;
    return true;
  }

  #peekWord(): string {
    this.#skipSpace();
    let end = this.#at;
    while (/[A-Za-z_]/.test(this.#text.charAt(end))) end++;
    return this.#text.slice(this.#at, end).toUpperCase();
  }

  #takeWord(word: string): boolean {
    if (this.#peekWord() !== word) return false;
    this.#at += word.length;
    return true;
  }

  #unexpected(expected: string): AlarmRuleError {
    const found = this.#text.slice(this.#at, this.#at + 20);
    const what = found === "" ? "the rule ends" : `it goes on with '${found}'`;
    return new AlarmRuleError(
      `At character ${this.#at + 1} of the rule ${expected} is expected, and ${what}`,
    );
  }
}
