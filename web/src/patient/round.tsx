import { Icon, type IconName } from "./icons";

/** One of the round buttons under a call: an icon and its word. */
export function Round(props: { icon: IconName; word: string; on?: boolean; end?: boolean; onPress: () => void }) {
  return (
    <button type="button" class={props.end ? "round end" : "round"} aria-pressed={props.end ? undefined : props.on === true} onClick={props.onPress}>
      <span>
        <Icon name={props.icon} />
      </span>
      {props.word}
    </button>
  );
}
