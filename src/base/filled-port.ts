import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";

/** A port to be transferred, with messages that its receiver can take at once. */
export function filledPort(messages: Iterable<unknown>): MessagePort {
  const { port1, port2 } = new MessageChannel();
  for (const message of messages) port1.postMessage(message);
  return port2;
}

/** Takes the messages that wait at a port, and no later ones. */
export function eachMessage(port: MessagePort, take: (message: unknown) => void): void {
  for (;;) {
    const received = receiveMessageOnPort(port);
    if (!received) return;
    take(received.message);
  }
}
