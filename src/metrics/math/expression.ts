import { metricExpressionDepthMax } from "../../base/limits.ts";

/** A metric math expression: `100 * errors / SUM([errors, FILL(good, 0)])`. */
export type Expression =
  | { kind: "number"; value: number }
  | { kind: "text"; text: string }
  /** The id of another query, or a word that a function takes: `REPEAT`. */
  | { kind: "name"; name: string }
  | { kind: "array"; items: Expression[] }
  | { kind: "call"; name: string; args: Expression[] }
  | { kind: "negative"; operand: Expression }
  | { kind: "binary"; operator: Operator; left: Expression; right: Expression };

export type Operator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "^"
  | "=="
  | "!="
  | "<"
  | ">"
  | "<="
  | ">="
  | "&&"
  | "||";

/** Not an expression, or one that cannot be evaluated. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

/**
 * Reads an expression. From loosest to tightest: `||` (OR), `&&` (AND), comparisons, `+ -`, `* /`,
 * the minus sign, `^`.
 * @throws ExpressionError
 */
export function parseExpression(text: string): Expression {
  return new ExpressionParser(tokensOf(text)).whole();
}

type Token = { kind: "number" | "text" | "name" | "mark"; text: string };

const tokenPattern =
  /\s+|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z][A-Za-z0-9_]*)|"([^"]*)"|'([^']*)'|(==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],])/y;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (!found) throw new ExpressionError(`unexpected '${text[at]}' at character ${at + 1}`);
    const [, number, name, double, single, mark] = found;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push(nameToken(name));
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark });
    else if (double ?? single) tokens.push({ kind: "text", text: double ?? single ?? "" });
  }
  return tokens;
}

function nameToken(name: string): Token {
  if (name === "AND") return { kind: "mark", text: "&&" };
  return name === "OR" ? { kind: "mark", text: "||" } : { kind: "name", text: name };
}

const levels: readonly (readonly Operator[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", ">", "<=", ">="],
  ["+", "-"],
  ["*", "/"],
];

class ExpressionParser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#level(0);
    const rest = this.#tokens[this.#next];
    if (rest) throw new ExpressionError(`unexpected '${rest.text}'`);
    return expression;
  }

  #level(level: number): Expression {
    const operators = levels[level];
    if (!operators) return this.#signed();
    let left = this.#level(level + 1);
    for (;;) {
      const operator = operators.find((each) => this.#takes(each));
      if (operator === undefined) return left;
      left = { kind: "binary", operator, left, right: this.#level(level + 1) };
    }
  }

  #signed(): Expression {
    if (++this.#depth > metricExpressionDepthMax) {
      throw new ExpressionError(`it is nested more than ${metricExpressionDepthMax} deep`);
    }
    try {
      return this.#takes("-") ? { kind: "negative", operand: this.#signed() } : this.#power();
    } finally {
      this.#depth--;
    }
  }

  #power(): Expression {
    const left = this.#operand();
    if (!this.#takes("^")) return left;
    return { kind: "binary", operator: "^", left, right: this.#signed() };
  }

  #operand(): Expression {
    const token = this.#tokens[this.#next++];
    if (!token) throw new ExpressionError("unexpected end");
    const { kind, text } = token;
    if (kind === "number") return { kind, value: Number(text) };
    if (kind === "text") return { kind, text };
    if (kind === "name") {
      if (!this.#takes("(")) return { kind, name: text };
      return { kind: "call", name: text, args: this.#list(")") };
    }
    if (text === "[") return { kind: "array", items: this.#list("]") };
    if (text !== "(") throw new ExpressionError(`unexpected '${text}'`);
    const inner = this.#level(0);
    this.#expect(")");
    return inner;
  }

  #list(end: ")" | "]"): Expression[] {
    const items: Expression[] = [];
    if (this.#takes(end)) return items;
    do items.push(this.#level(0));
    while (this.#takes(","));
    this.#expect(end);
    return items;
  }

  #expect(mark: string): void {
    if (this.#takes(mark)) return;
    const found = this.#tokens[this.#next]?.text ?? "the end";
    throw new ExpressionError(`'${mark}' is expected, not '${found}'`);
  }

  #takes(mark: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== "mark" || token.text !== mark) return false;
    this.#next++;
    return true;
  }
}
