/** A name from the other script keeps its own direction inside a sentence (Unicode's first strong isolate). */
export function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}

/** Fills `{name}` in a message. A name without a value is a mistake in the message and stays visible. */
export function fill(message: string, values: Record<string, string>): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
