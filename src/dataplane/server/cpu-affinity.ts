import type { Libc } from "./libc.ts";

/** Octets of a mask: 1,024 CPUs, as many as glibc's cpu_set_t has. */
const maskSize = 128;

/** The CPUs that the calling thread may run on, by their numbers, which need not be all there are. */
export function allowedCpus(libc: Libc): number[] {
  const mask = new Uint8Array(maskSize);
  if (libc.sched_getaffinity(0, maskSize, mask) < 0) return [];
  const cpus: number[] = [];
  for (let cpu = 0; cpu < maskSize * 8; cpu++) {
    if (((mask[cpu >> 3] as number) & (1 << (cpu & 7))) !== 0) cpus.push(cpu);
  }
  return cpus;
}

/** Keeps the calling thread on one CPU. @returns whether the kernel did so */
export function pinThread(libc: Libc, cpu: number): boolean {
  return allowCpus(libc, [cpu]);
}

/** Lets the calling thread run on these CPUs only. @returns whether the kernel did so */
export function allowCpus(libc: Libc, cpus: readonly number[]): boolean {
  const mask = new Uint8Array(maskSize);
  for (const cpu of cpus) mask[cpu >> 3] = (mask[cpu >> 3] as number) | (1 << (cpu & 7));
  return libc.sched_setaffinity(0, maskSize, mask) === 0;
}
