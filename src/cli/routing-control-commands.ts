import { call } from "./call.ts";
import { columns } from "./columns.ts";
import { CommandFailure, onePositional, optional, required } from "./command.ts";
import type { Command, Invocation } from "./command.ts";

type Control = {
  arn: string;
  name: string;
  panel: string;
  state: "On" | "Off";
  since: string;
  by: string;
};

const controlCreate: Command = {
  words: "routing-control create",
  usage: "NAME [--panel PANEL]",
  help: "Makes a routing control, which is Off; health checks of type RECOVERY_CONTROL go by it.",
  example: "bin/signpost routing-control create cell-1",
  options: { panel: { type: "string" } },
  optionHelp: { panel: "control panel that it is on (default: DefaultControlPanel)" },
  async run(invocation) {
    const name = onePositional(invocation, "NAME");
    const panel = optional(invocation.options, "panel");
    const body = { name, ...(panel === undefined ? {} : { panel }) };
    const made = await call<Control>(invocation, {
      method: "POST",
      path: "routing-controls",
      body,
    });
    invocation.print(made, made.arn);
  },
};

const controlList: Command = {
  words: "routing-control list",
  usage: "[--panel PANEL]",
  help: "Lists the routing controls and their states.",
  example: "bin/signpost routing-control list",
  options: { panel: { type: "string" } },
  optionHelp: { panel: "only those of this control panel" },
  async run(invocation) {
    const panel = optional(invocation.options, "panel");
    const query: Record<string, string> = panel === undefined ? {} : { panel };
    const { routingControls } = await call<{ routingControls: Control[] }>(invocation, {
      ...{ method: "GET", path: "routing-controls", query },
    });
    const rows = routingControls.map(({ name, state, since, panel: on, arn }) => {
      return [name, state, since, on, arn];
    });
    const head = ["NAME", "STATE", "SINCE", "PANEL", "ARN"];
    invocation.print(routingControls, columns([head, ...rows]).join("\n"));
  },
};

const controlDelete: Command = {
  words: "routing-control delete",
  usage: "NAME",
  help: "Deletes a routing control that no health check and no safety rule goes by.",
  example: "bin/signpost routing-control delete cell-1",
  options: {},
  optionHelp: {},
  run: (invocation) => remove(invocation, "routing-controls"),
};

async function remove(invocation: Invocation, collection: string): Promise<void> {
  const name = onePositional(invocation, "NAME");
  await call(invocation, { method: "DELETE", path: `${collection}/${encodeURIComponent(name)}` });
  invocation.print({ deleted: name }, `deleted ${name}`);
}

function switchTo(state: "On" | "Off"): Command {
  const word = state.toLowerCase();
  return {
    words: `routing-control ${word}`,
    usage: "NAME… [--override RULE]",
    help: `Switches routing controls ${word}, all of those named or none.`,
    example: `bin/signpost routing-control ${word} cell-1`,
    options: { override: { type: "string" } },
    optionHelp: { override: "safety rules to break, with commas between" },
    async run(invocation) {
      const names = invocation.positionals;
      if (names.length === 0) throw new CommandFailure("NAME is missing", "usage");
      const updates = names.map((control) => ({ control, state }));
      const safetyRulesToOverride = list(optional(invocation.options, "override"));
      const { routingControls } = await call<{ routingControls: Control[] }>(invocation, {
        ...{ method: "PUT", path: "routing-control-states" },
        body: { updates, safetyRulesToOverride },
      });
      const lines = routingControls.map((control) => `${control.name} is ${control.state}`);
      invocation.print(routingControls, lines.join("\n"));
    },
  };
}

function list(text: string | undefined): string[] {
  return (text ?? "").split(",").filter((part) => part !== "");
}

type Rule = {
  name: string;
  kind: string;
  controls: string[];
  targets: string[];
  threshold: number;
  inverted: boolean;
};

const ruleCreate: Command = {
  words: "safety-rule create",
  usage: "NAME --controls A,B --at-least N [--targets C,D]",
  help: "Makes a safety rule that every change of routing controls must keep to.",
  example: "bin/signpost safety-rule create one-cell --controls cell-1,cell-2 --at-least 1",
  options: {
    controls: { type: "string" },
    "at-least": { type: "string" },
    targets: { type: "string" },
    not: { type: "boolean" },
  },
  optionHelp: {
    controls: "routing controls that are counted",
    "at-least": "how many of them must be on",
    targets: "makes a gating rule: these change only while it holds",
    not: "turns the rule round: fewer than so many may be on",
  },
  async run(invocation) {
    const { options } = invocation;
    const targets = list(optional(options, "targets"));
    const rule = await call<Rule>(invocation, {
      ...{ method: "POST", path: "safety-rules" },
      body: {
        name: onePositional(invocation, "NAME"),
        kind: targets.length > 0 ? "gating" : "assertion",
        controls: list(required(options, "controls")),
        ...(targets.length > 0 ? { targets } : {}),
        type: "ATLEAST",
        threshold: Number(required(options, "at-least")),
        inverted: options["not"] === true,
      },
    });
    invocation.print(rule, ruleRow(rule).join("  ").trimEnd());
  },
};

function ruleRow({ name, kind, controls, targets, threshold, inverted }: Rule): string[] {
  const wanted = `${inverted ? "not " : ""}at least ${threshold} of ${controls.join(", ")} On`;
  return [name, kind, wanted, targets.length > 0 ? `to change ${targets.join(", ")}` : ""];
}

const ruleList: Command = {
  words: "safety-rule list",
  usage: "",
  help: "Lists the safety rules of routing controls.",
  example: "bin/signpost safety-rule list",
  options: {},
  optionHelp: {},
  async run(invocation) {
    const { safetyRules } = await call<{ safetyRules: Rule[] }>(invocation, {
      ...{ method: "GET", path: "safety-rules" },
    });
    invocation.print(safetyRules, columns(safetyRules.map(ruleRow)).join("\n"));
  },
};

const ruleDelete: Command = {
  words: "safety-rule delete",
  usage: "NAME",
  help: "Deletes a safety rule.",
  example: "bin/signpost safety-rule delete one-cell",
  options: {},
  optionHelp: {},
  run: (invocation) => remove(invocation, "safety-rules"),
};

export const routingControlCommands: readonly Command[] = [
  controlCreate,
  controlList,
  controlDelete,
  switchTo("On"),
  switchTo("Off"),
  ruleCreate,
  ruleList,
  ruleDelete,
];
