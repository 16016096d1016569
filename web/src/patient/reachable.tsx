import { Icon, type IconName } from "./icons";

/** One thing in reach: an icon, a word, and why. */
export function Reachable(props: { icon: IconName; title: string; hint?: string; onPress: () => void }) {
  return (
    <button type="button" class="reachable" onClick={props.onPress}>
      <Icon name={props.icon} />
      <span>
        {props.title}
        {props.hint && <small>{props.hint}</small>}
      </span>
      <Icon name="chevron" flip />
    </button>
  );
}
