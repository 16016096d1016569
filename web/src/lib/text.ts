/** Fills `{name}` in a message. A name without a value is a mistake in the message and stays visible. */
export function fill(message: string, values: Record<string, string>): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
