import {
  childHealthCheckCountMax,
  healthExpressionDepthMax,
  healthExpressionSizeMax,
} from "../../base/limits.ts";
import type { TimeWindow } from "./traffic-policy-document.ts";
import {
  cutAtMidnight,
  dayNames,
  emptyWindow,
  everyDay,
  isEmptyWindow,
  minuteOfDay,
  timeZoneProblem,
} from "./traffic-policy-time.ts";

/**
 * What a calculated check is healthy by, where a number of healthy children does not say it:
 *
 * ```
 *   expression  = conjunction { "OR" conjunction }
 *   conjunction = factor { "AND" factor }
 *   factor      = "NOT" factor | "(" expression ")" | name
 *               | "all" "(" expression { "," expression } ")"
 *               | "atleast" "(" number ";" expression { "," expression } ")"
 *               | "DURING" '"' window '"'
 *   name        = letters, digits and . _ - (the id of a check is one), or anything in quotes
 *   window      = [ days ] HH:MM-HH:MM [ time zone ]     days = Mon-Fri | Sat,Sun | …
 * ```
 *
 * A name is true while its check is healthy, DURING while the clock is in its window (UTC where
 * no zone is named). Words may be written in any case; a check that is called like one goes in quotes.
 *
 * `api AND (db OR cache)` · `atleast(2; a, b, c)` ·
 * `api AND (all(db, cache) OR NOT DURING "Mon-Fri 09:00-17:00 America/New_York")`
 */
export type HealthExpression =
  | { kind: "check"; name: string }
  | { kind: "not"; operand: HealthExpression }
  /** True when so many are: AND wants all of them, OR wants one. */
  | { kind: "atLeast"; count: number; operands: HealthExpression[] }
  | { kind: "during"; timeZone: string; windows: TimeWindow[] };

/** A text that is no expression; `message` says what is wrong and where. */
export class HealthExpressionError extends Error {
  override name = "HealthExpressionError";
}

/** @throws HealthExpressionError */
export function parseHealthExpression(text: string): HealthExpression {
  if (text.length > healthExpressionSizeMax) {
    throw problem(`it has ${text.length} characters, limit ${healthExpressionSizeMax}`);
  }
  const expression = new Parser(tokensOf(text)).whole();
  const names = namesOf(expression);
  if (names.length === 0) throw problem("it names no check");
  if (names.length <= childHealthCheckCountMax) return expression;
  throw problem(`it names ${names.length} checks, limit ${childHealthCheckCountMax}`);
}

/** The checks that an expression names, each once, in its order. */
export function namesOf(expression: HealthExpression): string[] {
  const names = new Set<string>();
  const collect = (part: HealthExpression): void => {
    if (part.kind === "check") names.add(part.name);
    else if (part.kind === "not") collect(part.operand);
    else if (part.kind === "atLeast") part.operands.forEach(collect);
  };
  collect(expression);
  return [...names];
}

/** What an expression is evaluated by. */
export type ExpressionFacts = {
  isHealthy(name: string): boolean;
  /** The minute of the week that it is in a time zone; 0 is the first of Monday. */
  minuteOfWeek(timeZone: string): number;
};

export function evaluateHealthExpression(
  expression: HealthExpression,
  facts: ExpressionFacts,
): boolean {
  switch (expression.kind) {
    case "check":
      return facts.isHealthy(expression.name);
    case "not":
      return !evaluateHealthExpression(expression.operand, facts);
    case "atLeast": {
      let count = 0;
      for (const operand of expression.operands) {
        if (evaluateHealthExpression(operand, facts)) count++;
      }
      return count >= expression.count;
    }
    case "during":
      return isOpen(expression.windows, facts.minuteOfWeek(expression.timeZone));
  }
}

const minutesADay = 1_440;

function isOpen(windows: readonly TimeWindow[], minuteOfWeek: number): boolean {
  const today = 1 << Math.floor(minuteOfWeek / minutesADay);
  const minute = minuteOfWeek % minutesADay;
  return windows.some(
    ({ days, startMinute, endMinute }) =>
      (days & today) !== 0 && minute >= startMinute && minute < endMinute,
  );
}

function problem(what: string): HealthExpressionError {
  return new HealthExpressionError(`Cannot read health expression: ${what}`);
}

type Token = { kind: "word" | "text" | "sign"; value: string; at: number };

const tokenPattern = /\s*(?:([\w][\w.-]*)|"([^"]*)"|([(),;]))/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < end) {
    const at = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (!match) throw problem(`nothing can begin with ${JSON.stringify(text.slice(at, at + 10))}`);
    const [, word, quoted, sign] = match;
    if (word !== undefined) tokens.push({ kind: "word", value: word, at });
    else if (quoted !== undefined) tokens.push({ kind: "text", value: quoted, at });
    else tokens.push({ kind: "sign", value: sign as string, at });
  }
  return tokens;
}

const reserved: ReadonlySet<string> = new Set(["and", "or", "not", "all", "atleast", "during"]);

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): HealthExpression {
    const expression = this.#expression();
    const rest = this.#tokens[this.#next];
    if (rest) throw problem(`AND, OR or the end is expected before ${shown(rest)}`);
    return expression;
  }

  #expression(): HealthExpression {
    if (++this.#depth > healthExpressionDepthMax) {
      throw problem(`its parts are nested deeper than ${healthExpressionDepthMax}`);
    }
    const operands = [this.#conjunction()];
    while (this.#takeWord("or")) operands.push(this.#conjunction());
    this.#depth--;
    return joined(1, operands);
  }

  #conjunction(): HealthExpression {
    const operands = [this.#factor()];
    while (this.#takeWord("and")) operands.push(this.#factor());
    return joined(operands.length, operands);
  }

  #factor(): HealthExpression {
    let isNegated = false;
    while (this.#takeWord("not")) isNegated = !isNegated;
    const operand = this.#operand();
    return isNegated ? { kind: "not", operand } : operand;
  }

  #operand(): HealthExpression {
    if (this.#takeSign("(")) {
      const expression = this.#expression();
      this.#requireSign(")");
      return expression;
    }
    if (this.#takeWord("all")) {
      this.#requireSign("(");
      const operands = this.#list();
      return joined(operands.length, operands);
    }
    if (this.#takeWord("atleast")) return this.#atLeast();
    if (this.#takeWord("during")) return this.#during();
    const token = this.#tokens[this.#next++];
    const isName =
      token?.kind === "text" || (token?.kind === "word" && !reserved.has(lower(token)));
    if (!isName || token.value === "") throw problem(`a check is expected ${place(token)}`);
    return { kind: "check", name: token.value };
  }

  #atLeast(): HealthExpression {
    this.#requireSign("(");
    const token = this.#tokens[this.#next++];
    const count = /^\d{1,3}$/.test(token?.value ?? "") ? Number(token?.value) : 0;
    if (token?.kind !== "word" || count === 0) {
      throw problem(`a number from 1 is expected ${place(token)}`);
    }
    this.#requireSign(";");
    const operands = this.#list();
    if (count <= operands.length) return { kind: "atLeast", count, operands };
    throw problem(`at least ${count} of ${operands.length} can never be`);
  }

  #list(): HealthExpression[] {
    const operands = [this.#expression()];
    while (this.#takeSign(",")) operands.push(this.#expression());
    this.#requireSign(")");
    return operands;
  }

  #during(): HealthExpression {
    const token = this.#tokens[this.#next++];
    if (token?.kind === "text") return { kind: "during", ...readWindow(token.value) };
    throw problem(`a window such as "Mon-Fri 09:00-17:00 Europe/Berlin" is expected after DURING`);
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== "word" || lower(token) !== word) return false;
    this.#next++;
    return true;
  }

  #takeSign(sign: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== "sign" || token.value !== sign) return false;
    this.#next++;
    return true;
  }

  #requireSign(sign: string): void {
    if (!this.#takeSign(sign))
      throw problem(`${sign} is expected ${place(this.#tokens[this.#next])}`);
  }
}

function lower({ value }: Token): string {
  return value.toLowerCase();
}

function joined(count: number, operands: HealthExpression[]): HealthExpression {
  const [only] = operands;
  return operands.length === 1 && only ? only : { kind: "atLeast", count, operands };
}

function place(token: Token | undefined): string {
  return token ? `before ${shown(token)}` : "at the end";
}

function shown({ value, at }: Token): string {
  return `'${value}' (character ${at + 1})`;
}

/** `Mon-Fri 09:00-17:00 America/New_York`. */
function readWindow(text: string): { timeZone: string; windows: TimeWindow[] } {
  const wrong = (what: string): HealthExpressionError => problem(`window "${text}" ${what}`);
  const [, dayText, start = "", end = "", timeZone = "UTC"] =
    /^\s*(?:([A-Za-z,-]+)\s+)?(\S+?)-(\S+)(?:\s+(\S+))?\s*$/.exec(text) ?? [];
  const days = dayText === undefined ? everyDay : readDays(dayText);
  if (days === undefined) throw wrong(`has no days such as Mon-Fri or Sat,Sun`);
  const startMinute = minuteOfDay(start);
  const endMinute = minuteOfDay(end);
  if (startMinute === undefined || endMinute === undefined) {
    throw wrong("has no times such as 09:00-17:00");
  }
  const zoneProblem = timeZoneProblem(timeZone);
  if (zoneProblem !== undefined) throw wrong(`has a wrong time zone: ${zoneProblem}`);
  const window = { days, startMinute, endMinute };
  if (isEmptyWindow(window)) throw wrong(emptyWindow);
  return { timeZone, windows: cutAtMidnight(window) };
}

function readDays(text: string): number | undefined {
  let days = 0;
  for (const part of text.split(",")) {
    const [first = "", last = first, more] = part.split("-");
    const from = dayNames.indexOf(first);
    const to = dayNames.indexOf(last);
    if (from < 0 || to < 0 || more !== undefined) return undefined;
    // Sat-Mon goes over the end of the week.
    for (let day = from; ; day = (day + 1) % 7) {
      days |= 1 << day;
      if (day === to) break;
    }
  }
  return days;
}
