/**
 * In which order composite alarms are to be evaluated, so that each is when all it names have been:
 * place by name. Those whose rules go round in a circle, and what is above them, have no place.
 * `children`: the alarms that each composite alarm names, those that are not composite too.
 */
export function compositeOrder(
  children: ReadonlyMap<string, readonly string[]>,
): Map<string, number> {
  const parents = new Map<string, string[]>();
  const open = new Map<string, number>();
  for (const [name, named] of children) {
    const composite = named.filter((child) => children.has(child));
    open.set(name, composite.length);
    for (const child of composite) parents.set(child, [...(parents.get(child) ?? []), name]);
  }
  const ready = [...open].filter(([, count]) => count === 0).map(([name]) => name);
  const order = new Map<string, number>();
  // The list grows while it is walked.
  for (const name of ready) {
    order.set(name, order.size);
    for (const parent of parents.get(name) ?? []) {
      const left = (open.get(parent) ?? 0) - 1;
      open.set(parent, left);
      if (left === 0) ready.push(parent);
    }
  }
  return order;
}
