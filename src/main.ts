const [first, ...rest] = process.argv.slice(2);
if (first === "up") {
  const { up } = await import("./roles/all-in-one.ts");
  await up(rest, process.env);
} else if (first === "checker") {
  const { checker } = await import("./roles/checker.ts");
  await checker(rest, process.env);
} else if (first === "discover" && rest[0] === "docker") {
  const { discover } = await import("./roles/discover.ts");
  await discover(rest.slice(1), process.env);
} else if (first === "discover" && rest[0] === "forget") {
  const { forget } = await import("./roles/discover-forget.ts");
  await forget(rest.slice(1), process.env);
} else {
  const { overview, runCommand } = await import("./cli/run-command.ts");
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    process.stdout.write(overview());
  } else {
    process.exitCode = await runCommand(process.argv.slice(2), process.env);
  }
}
