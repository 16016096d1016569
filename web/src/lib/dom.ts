/** The few DOM helpers of pages without a framework. Text only ever goes in as text: no markup strings anywhere. */

/** The element with this id, of this kind; a page that lacks it is broken and says so. */
export function byId<T extends HTMLElement = HTMLElement>(id: string, kind?: new () => T): T {
  const found = document.getElementById(id);
  if (!found || (kind && !(found instanceof kind))) throw new Error(`no #${id} on this page`);
  return found as T;
}

type Child = Node | string | null | false | undefined;

/** Makes an element: attributes as given, `true` for present, children as nodes or text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, string | boolean | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child): child is Node | string => child !== null && child !== false && child !== undefined));
  return node;
}

/** Shows one of several sections, hides the others. */
export function showOnly(section: HTMLElement, among: readonly HTMLElement[]): void {
  for (const other of among) other.hidden = other !== section;
}

/** Moves the reader (eyes and screen reader) to a heading that has just appeared. */
export function focusHeading(within: ParentNode): void {
  const heading = within.querySelector<HTMLElement>("h1, h2");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: false });
}
