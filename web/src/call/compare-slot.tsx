/** The place of the comparison on a call's page: empty, and not even fetched, until one of the two wants it. */
import type { ComponentProps } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";

type View = typeof import("./compare-view").CompareView;

/** `onClose` puts the comparison away; the next one begins anew. */
export function CompareSlot(props: ComponentProps<View>) {
  const view = useSignal<View | null>(null);
  const { comparison } = props.call;
  const wanted = comparison.state.value.is !== "idle";
  useEffect(() => {
    if (wanted && !view.value) void import("./compare-view").then((module) => (view.value = module.CompareView));
  }, [wanted]);
  const Shown = view.value;
  return wanted && Shown ? <Shown {...props} onClose={() => (comparison.reset(), props.onClose())} /> : null;
}
