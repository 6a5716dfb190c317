/**
 * oxlint plug-in: bans syntax that allocates or suspends inside functions of the packet path.
 * Constructors and module level code run once and are left alone.
 */
const inFunctions = {
  FunctionDeclaration: 1,
  "FunctionDeclaration:exit": -1,
  MethodDefinition: 1,
  "MethodDefinition:exit": -1,
};
const banned = {
  AwaitExpression: "await suspends",
  YieldExpression: "yield suspends",
  SpreadElement: "spread allocates",
  ArrowFunctionExpression: "a closure allocates",
  FunctionExpression: "a closure allocates",
  TemplateLiteral: "a string is built",
  ObjectExpression: "an object literal allocates",
  ArrayExpression: "an array literal allocates",
  NewExpression: "new allocates",
  ForOfStatement: "for-of makes an iterator",
  TryStatement: "try hides a defect",
};
const allocatingMethods = new Set(["subarray", "slice", "map", "filter", "concat", "toString"]);

const noAllocation = {
  create(context) {
    let depth = 0;
    const report = (node, why) => {
      if (depth > 0) context.report({ node, message: `packet path: ${why}` });
    };
    const visitors = {};
    for (const [event, step] of Object.entries(inFunctions)) {
      visitors[event] = (node) => {
        if (node.type !== "MethodDefinition" || node.kind !== "constructor") depth += step;
      };
    }
    for (const [type, why] of Object.entries(banned)) {
      visitors[type] = (node) => {
        const isMethodBody =
          type === "FunctionExpression" && node.parent?.type === "MethodDefinition";
        if (!isMethodBody) report(node, why);
      };
    }
    visitors.CallExpression = (node) => {
      const name = node.callee.property?.name;
      if (allocatingMethods.has(name)) report(node, `${name}() allocates`);
    };
    return visitors;
  },
};

export default { meta: { name: "packet-path" }, rules: { "no-allocation": noAllocation } };
